"""What has to be looked at again at some instant."""
