"""The simulated Exchange: one mailbox store (store/) with two faces (ews/, graph/), mail by SMTP, faults and control over HTTP."""
