"""The EWS face by raw XML: what is asked for is answered, what Exchange refuses is refused."""

import base64

import pytest

from local.exchange.server import Exchange
from local.exchange.store import AutomaticReply, Item, Rights, change_key, item_id
from tests.integration.exchange_standin.raw_ews import RawEws, file, to

KIM = "kim@fabrikam.example"
TEXT_BODY = '<t:Body BodyType="Text">Good morning</t:Body>'
MARKER = '<t:ExtendedFieldURI PropertySetId="00020329-0000-0000-c000-000000000046" PropertyName="x-action" PropertyType="String"/>'


def _received(raw: RawEws, subject: str, address: str = "anna@contoso.example", **fields: object) -> Item:
    mailbox = raw.exchange.store.mailbox(address)
    return mailbox.add(mailbox.named["inbox"], Item(subject=subject, is_draft=False, is_read=False, **fields))  # type: ignore[arg-type]


def _id(item: Item) -> str:
    return f'<t:ItemId Id="{item_id(item)}" ChangeKey="{change_key(item)}"/>'


def test_a_draft_keeps_every_field_it_was_given(raw: RawEws) -> None:
    value = f"<t:ExtendedProperty>{MARKER}<t:Value>order-4711</t:Value></t:ExtendedProperty>"
    saved = raw.draft(
        "<t:Subject>Größe &amp; Preis</t:Subject><t:Sensitivity>Private</t:Sensitivity>"
        '<t:Body BodyType="HTML">&lt;p&gt;x&lt;/p&gt;</t:Body>'
        f"<t:Attachments>{file('a.txt', b'hello')}</t:Attachments><t:Categories><t:String>red</t:String></t:Categories>"
        f"<t:Importance>High</t:Importance>{value}{to(KIM)}{to('bob@contoso.example', element='CcRecipients')}"
        f"<t:IsReadReceiptRequested>true</t:IsReadReceiptRequested>"
        f"<t:InternetMessageId>&lt;own@contoso.example&gt;</t:InternetMessageId>{to('eve@fabrikam.example', element='ReplyTo')}"
    )
    shown = raw.get(
        saved.item_id,
        "<t:BaseShape>AllProperties</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>"
        f"<t:AdditionalProperties>{MARKER}</t:AdditionalProperties>",
    )
    assert shown.one("//t:Subject/text()") == "Größe & Preis"
    assert shown.one("//t:Body/@BodyType") == "HTML"
    assert shown.one("//t:FileAttachment/t:Name/text()") == "a.txt"
    assert shown.one("//t:Categories/t:String/text()") == "red"
    assert (shown.one("//t:Importance/text()"), shown.one("//t:Sensitivity/text()")) == ("High", "Private")
    assert shown.one("//t:ExtendedProperty/t:Value/text()") == "order-4711"
    assert shown.one("//t:InternetMessageId/text()") == "<own@contoso.example>"
    assert shown.one("//t:ReplyTo//t:EmailAddress/text()") == "eve@fabrikam.example"
    assert b"Message-ID: <own@contoso.example>" in base64.b64decode(shown.one("//t:MimeContent/text()"))


def test_a_sent_draft_lies_in_sent_items_under_a_new_id_and_with_its_recipient(raw: RawEws) -> None:
    draft = raw.draft(f"<t:Subject>sent draft</t:Subject>{TEXT_BODY}{to(KIM)}")
    assert raw.send(draft.item_id).code == "NoError"
    assert raw.get(draft.item_id).code == "ErrorItemNotFound"
    by_subject = (
        '<t:IsEqualTo><t:FieldURI FieldURI="item:Subject"/><t:FieldURIOrConstant><t:Constant Value="sent draft"/>'
        "</t:FieldURIOrConstant></t:IsEqualTo>"
    )
    assert raw.find(by_subject, "sentitems").all("//t:ItemId/@Id") != draft.all("//t:ItemId/@Id")
    arrived = raw.of(KIM).find(by_subject)
    assert arrived.one("//t:From//t:EmailAddress/text()") == "anna@contoso.example"
    assert arrived.one("//t:IsRead/text()") == "false"


def test_sending_the_same_draft_again_finds_nothing(raw: RawEws) -> None:
    draft = raw.draft(f"<t:Subject>once</t:Subject>{to(KIM)}")
    raw.send(draft.item_id)
    assert raw.send(draft.item_id).code == "ErrorItemNotFound"


def test_a_stale_change_key_sends_nothing(raw: RawEws) -> None:
    draft = raw.draft(f"<t:Subject>stale</t:Subject>{to(KIM)}")
    raw.exchange.store.mailbox("anna@contoso.example").change(
        raw.exchange.store.item(draft.all("//t:ItemId/@Id")[0]), subject="changed meanwhile"
    )
    assert raw.send(draft.item_id).code == "ErrorStaleObject"
    without = f'<t:ItemId Id="{draft.all("//t:ItemId/@Id")[0]}"/>'
    assert raw.send(without).code == "ErrorChangeKeyRequired"


@pytest.mark.parametrize("disposition", ["SendOnly", "SendAndSaveCopy"])
def test_one_shot_sends_leave_a_copy_only_if_wanted(raw: RawEws, disposition: str) -> None:
    answer = raw(
        f'<m:CreateItem MessageDisposition="{disposition}"><m:Items><t:Message><t:Subject>{disposition}</t:Subject>{to(KIM)}</t:Message>'
        f"<t:Message><t:Subject>{disposition}</t:Subject>{to(KIM)}</t:Message></m:Items></m:CreateItem>"
    )
    assert answer.codes == ["NoError", "NoError"]
    sent = raw.exchange.store.mailbox("anna@contoso.example").named["sentitems"].items.values()
    assert sum(item.subject == disposition for item in sent) == (0 if disposition == "SendOnly" else 2)
    arrived = raw.exchange.store.mailbox(KIM).named["inbox"].items.values()
    assert sum(item.subject == disposition for item in arrived) == 2


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("<t:Subject>nobody</t:Subject>", "ErrorInvalidRecipients"),
        (to("not an address"), "ErrorInvalidRecipients"),
        (to(*(f"p{n}@contoso.example" for n in range(501))), "ErrorExceededMaxRecipientLimit"),
        (
            f"{to(KIM)}<t:From><t:Mailbox><t:EmailAddress>bob@contoso.example</t:EmailAddress></t:Mailbox></t:From>",
            "ErrorSendAsDenied",
        ),
    ],
    ids=["no recipient", "no address", "501 recipients", "another's name"],
)
def test_mail_that_transport_refuses_stays_a_draft(raw: RawEws, inner: str, code: str) -> None:
    draft = raw.draft(inner)
    assert raw.send(draft.item_id).code == code
    assert raw.get(draft.item_id).one("//t:IsDraft/text()") == "true"


def test_mail_over_the_size_limit_is_refused(raw: RawEws) -> None:
    transport = raw.exchange.store.transport
    limit, transport.size_limit = transport.size_limit, 1000
    try:
        draft = raw.draft(f"<t:Attachments>{file('big.bin', bytes(1001))}</t:Attachments>{to(KIM)}")
        assert raw.send(draft.item_id).code == "ErrorMessageSizeExceeded"
    finally:
        transport.size_limit = limit


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        (
            (
                '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Body BodyType="Text">x</t:Body><t:Subject>late</t:Subject>'
                "</t:Message></m:Items></m:CreateItem>"
            ),
            "Subject",
        ),
        ("<m:GetItem><m:ItemIds/></m:GetItem>", "ItemIds"),
        ("<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape></m:GetItem>", "ItemIds"),
        ('<m:SendItem><m:ItemIds><t:ItemId Id="x"/></m:ItemIds></m:SendItem>', "SaveItemToFolder"),
        (
            (
                '<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI="item:Weight"/>'
                '</t:AdditionalProperties></m:ItemShape><m:ItemIds><t:ItemId Id="x"/></m:ItemIds></m:GetItem>'
            ),
            "item:Weight",
        ),
    ],
    ids=["order of properties", "shape missing", "ids missing", "attribute missing", "unknown field"],
)
def test_what_breaks_the_schema_is_refused_as_a_whole(raw: RawEws, body: str, violation: str) -> None:
    answer = raw(body, wrong=True)
    assert (answer.status, answer.code) == (500, "ErrorSchemaValidation")
    assert violation in answer.one("//t:Value[@Name='Violation']/text()")


def test_what_is_no_xml_is_a_schema_violation(raw: RawEws) -> None:
    response = raw.post("<s:Envelope")
    assert response.status_code == 500
    assert "ErrorSchemaValidation" in response.text


def test_an_unknown_operation_and_an_unknown_version_are_refused(raw: RawEws) -> None:
    assert raw("<m:GetRoomLists/>").code == "ErrorInvalidRequest"
    assert raw("<m:GetRoomLists/>", version="Exchange1997").code == "ErrorInvalidServerVersion"


def test_each_thing_asked_for_has_its_own_answer(raw: RawEws) -> None:
    draft = raw.draft("<t:Subject>there</t:Subject>")
    folder = raw(
        '<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="inbox"/>'
        '<t:DistinguishedFolderId Id="voicemail"/></m:FolderIds></m:GetFolder>'
    )
    assert folder.codes == ["NoError", "ErrorFolderNotFound"]
    folder_as_item = f'<t:ItemId Id="{folder.one("//t:FolderId/@Id")}"/>'
    damaged = draft.all("//t:ItemId/@Id")[0].swapcase()
    asked = f'{draft.item_id}<t:ItemId Id="AAMk"/><t:ItemId Id="{damaged}"/>{folder_as_item}'
    assert raw.get(asked).codes == [
        "NoError",
        "ErrorInvalidIdMalformed",
        "ErrorInvalidIdMalformed",
        "ErrorCannotUseFolderIdForItemId",
    ]


def test_shapes_show_what_was_asked_and_no_more(raw: RawEws) -> None:
    draft = raw.draft(f"<t:Subject>shapely</t:Subject>{TEXT_BODY}{to(KIM)}")
    only = raw.get(draft.item_id, "<t:BaseShape>IdOnly</t:BaseShape>")
    assert only.all("//t:Message/*/@Id") == only.all("//t:ItemId/@Id")
    assert not only.all("//t:Subject/text()")
    asked = raw.get(
        draft.item_id,
        "<t:BaseShape>IdOnly</t:BaseShape><t:BodyType>HTML</t:BodyType><t:AdditionalProperties>"
        '<t:FieldURI FieldURI="item:Body"/><t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/>'
        '<t:ExtendedFieldURI PropertyTag="0x300B" PropertyType="Binary"/></t:AdditionalProperties>',
    )
    assert asked.one("//t:Body/@BodyType") == "HTML"
    flags, search_key = asked.all("//t:ExtendedProperty/t:Value/text()")
    assert int(flags) & 8
    assert len(base64.b64decode(search_key)) == 16


def test_an_impossible_extended_property_is_refused(raw: RawEws) -> None:
    draft = raw.draft("<t:Subject>x</t:Subject>")
    named_by_tag = '<t:ExtendedFieldURI PropertyTag="0x8520" PropertyType="Binary"/>'
    shape = f"<t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>{named_by_tag}</t:AdditionalProperties>"
    assert raw.get(draft.item_id, shape).code == "ErrorInvalidExtendedProperty"


def _update(raw: RawEws, item_id: str, updates: str, resolution: str = "AlwaysOverwrite") -> str:
    return raw(
        f'<m:UpdateItem ConflictResolution="{resolution}" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange>{item_id}'
        f"<t:Updates>{updates}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    ).code


def test_updates_set_append_and_remove(raw: RawEws) -> None:
    draft = raw.draft(
        f"<t:Subject>before</t:Subject>{TEXT_BODY}<t:Categories><t:String>red</t:String></t:Categories>{to(KIM)}"
    )
    updates = (
        '<t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:Message><t:Subject>after</t:Subject></t:Message></t:SetItemField>'
        '<t:AppendToItemField><t:FieldURI FieldURI="message:ToRecipients"/><t:Message>'
        f"{to('bob@contoso.example')}</t:Message></t:AppendToItemField>"
        '<t:DeleteItemField><t:FieldURI FieldURI="item:Categories"/></t:DeleteItemField>'
        f"<t:SetItemField>{MARKER}<t:Message><t:ExtendedProperty>{MARKER}<t:Value>m</t:Value></t:ExtendedProperty></t:Message></t:SetItemField>"
    )
    assert _update(raw, draft.item_id, updates) == "NoError"
    shown = raw.get(
        draft.item_id,
        f"<t:BaseShape>AllProperties</t:BaseShape><t:AdditionalProperties>{MARKER}</t:AdditionalProperties>",
    )
    assert shown.one("//t:Subject/text()") == "after"
    assert shown.all("//t:ToRecipients//t:EmailAddress/text()") == [KIM, "bob@contoso.example"]
    assert not shown.all("//t:Categories")
    assert shown.one("//t:ExtendedProperty/t:Value/text()") == "m"


@pytest.mark.parametrize(
    ("resolution", "code"),
    [("NeverOverwrite", "ErrorIrresolvableConflict"), ("AutoResolve", "NoError"), ("AlwaysOverwrite", "NoError")],
)
def test_a_stale_update_is_resolved_as_the_client_wishes(raw: RawEws, resolution: str, code: str) -> None:
    draft = raw.draft("<t:Subject>mine</t:Subject>")
    rename = '<t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:Message><t:Subject>{}</t:Subject></t:Message></t:SetItemField>'
    _update(raw, draft.item_id, rename.format("theirs"))
    assert _update(raw, draft.item_id, rename.format("mine again"), resolution) == code


def test_what_only_the_server_sets_is_refused(raw: RawEws) -> None:
    answer = raw(
        '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Size>5</t:Size></t:Message></m:Items></m:CreateItem>'
    )
    assert answer.code == "ErrorInvalidPropertySet"


def test_moving_gives_a_new_id_and_copying_a_second_item(raw: RawEws) -> None:
    item = _received(raw, "wanders")
    asked = f'<m:ToFolderId><t:DistinguishedFolderId Id="archive"/></m:ToFolderId><m:ItemIds>{_id(item)}</m:ItemIds>'
    old = _id(item)
    moved = raw(f"<m:MoveItem>{asked}</m:MoveItem>")
    assert raw.get(old).code == "ErrorItemNotFound"
    assert raw.get(moved.item_id).one("//t:Subject/text()") == "wanders"
    copied = raw(
        '<m:CopyItem><m:ToFolderId><t:DistinguishedFolderId Id="inbox"/></m:ToFolderId>'
        f"<m:ItemIds>{moved.item_id}</m:ItemIds></m:CopyItem>"
    )
    assert raw.get(copied.item_id + moved.item_id).codes == ["NoError", "NoError"]


@pytest.mark.parametrize(
    ("how", "folder"),
    [("MoveToDeletedItems", "deleteditems"), ("SoftDelete", "recoverableitemsdeletions"), ("HardDelete", None)],
)
def test_deleting_takes_the_way_that_was_asked_for(raw: RawEws, how: str, folder: str | None) -> None:
    item = _received(raw, how)
    answer = raw(f'<m:DeleteItem DeleteType="{how}"><m:ItemIds>{_id(item)}</m:ItemIds></m:DeleteItem>')
    assert answer.code == "NoError"
    anna = raw.exchange.store.mailbox("anna@contoso.example")
    places = [found.folder.distinguished for found in anna.numbers.values() if found.subject == how and found.folder]
    assert places == ([folder] if folder else [])


def test_attachments_come_and_go_and_change_the_change_key(raw: RawEws) -> None:
    draft = raw.draft("<t:Subject>carrier</t:Subject>")
    parent = draft.item_id.replace("t:ItemId", "m:ParentItemId")
    nested = "<t:ItemAttachment><t:Name>inner</t:Name><t:Message><t:Subject>inner mail</t:Subject></t:Message></t:ItemAttachment>"
    made = raw(
        f"<m:CreateAttachment>{parent}<m:Attachments>{file('one.bin', bytes(range(256)))}{nested}</m:Attachments></m:CreateAttachment>"
    )
    assert made.codes == ["NoError", "NoError"]
    first, second = made.all("//t:AttachmentId/@Id")
    assert made.all("//t:AttachmentId/@RootItemChangeKey")[-1] == raw.get(draft.item_id).all("//t:ItemId/@ChangeKey")[0]
    got = raw(
        "<m:GetAttachment><m:AttachmentShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:AttachmentShape><m:AttachmentIds>"
        f'<t:AttachmentId Id="{first}"/><t:AttachmentId Id="{second}"/></m:AttachmentIds></m:GetAttachment>'
    )
    assert base64.b64decode(got.one("//t:Content/text()")) == bytes(range(256))
    assert got.one("//t:ItemAttachment/t:Message/t:Subject/text()") == "inner mail"
    gone = raw(
        f'<m:DeleteAttachment><m:AttachmentIds><t:AttachmentId Id="{first}"/></m:AttachmentIds></m:DeleteAttachment>'
    )
    assert gone.all("//m:RootItemId/@RootItemId") == draft.all("//t:ItemId/@Id")
    assert raw.get(draft.item_id).all("//t:Attachments/*/t:Name/text()") == ["inner"]


def test_folders_are_made_renamed_moved_found_and_deleted(raw: RawEws) -> None:
    made = raw(
        '<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderId><m:Folders><t:Folder>'
        "<t:DisplayName>Invoices</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>"
    )
    twice = raw(
        '<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderId><m:Folders><t:Folder>'
        "<t:DisplayName>invoices</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>"
    )
    assert twice.code == "ErrorFolderExists"
    folder = f'<t:FolderId Id="{made.one("//t:FolderId/@Id")}"/>'
    renamed = raw(
        f'<m:UpdateFolder><m:FolderChanges><t:FolderChange>{folder}<t:Updates><t:SetFolderField><t:FieldURI FieldURI="folder:DisplayName"/>'
        "<t:Folder><t:DisplayName>Bills</t:DisplayName></t:Folder></t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>"
    )
    assert renamed.one("//t:FolderId/@Id") == made.one("//t:FolderId/@Id")
    moved = raw(
        '<m:MoveFolder><m:ToFolderId><t:DistinguishedFolderId Id="msgfolderroot"/></m:ToFolderId>'
        f"<m:FolderIds>{folder}</m:FolderIds></m:MoveFolder>"
    )
    assert moved.code == "NoError"
    found = raw(
        '<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape><m:Restriction><t:IsEqualTo>'
        '<t:FieldURI FieldURI="folder:DisplayName"/><t:FieldURIOrConstant><t:Constant Value="Bills"/></t:FieldURIOrConstant></t:IsEqualTo>'
        '</m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id="msgfolderroot"/></m:ParentFolderIds></m:FindFolder>'
    )
    assert found.all("//t:FolderId/@Id") == made.all("//t:FolderId/@Id")
    emptied = raw(
        f'<m:EmptyFolder DeleteType="HardDelete" DeleteSubFolders="true"><m:FolderIds>{folder}</m:FolderIds></m:EmptyFolder>'
    )
    deleted = raw(f'<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds>{folder}</m:FolderIds></m:DeleteFolder>')
    assert (emptied.code, deleted.code) == ("NoError", "NoError")
    gone = raw(
        f"<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>{folder}</m:FolderIds></m:GetFolder>"
    )
    assert gone.code == "ErrorFolderNotFound"


def test_the_hierarchy_is_told_in_changes(raw: RawEws) -> None:
    asked = "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape>{}</m:SyncFolderHierarchy>"
    first = raw(asked.format(""))
    assert "Inbox" in first.all("//t:Create//t:DisplayName/text()")
    anna = raw.exchange.store.mailbox("anna@contoso.example")
    folder = anna.ensure_folder("Inbox/Watched")
    anna.rename_folder(folder, "Watched well")
    state = f"<m:SyncState>{first.one('//m:SyncState/text()')}</m:SyncState>"
    second = raw(asked.format(state))
    assert second.all("//t:Create//t:DisplayName/text()") == ["Watched well"]
    anna.delete_folder(folder)
    later = raw(asked.format(f"<m:SyncState>{second.one('//m:SyncState/text()')}</m:SyncState>"))
    assert (len(later.all("//t:Delete/t:FolderId/@Id")), later.all("//t:Create//t:DisplayName/text()")) == (1, [])


def test_restrictions_pages_and_orders(raw: RawEws) -> None:
    for number, importance in enumerate(("Low", "High", "Normal")):
        _received(
            raw, f"page {number}", "frank@contoso.example", importance=importance, internet_message_id=f"<p{number}@x>"
        )
    frank = raw.of("frank@contoso.example")
    by_id = (
        '<t:IsEqualTo><t:FieldURI FieldURI="message:InternetMessageId"/><t:FieldURIOrConstant><t:Constant Value="&lt;p1@x&gt;"/>'
        "</t:FieldURIOrConstant></t:IsEqualTo>"
    )
    assert frank.find(by_id).all("//t:Subject/text()") == ["page 1"]
    both = (
        '<t:And><t:Contains ContainmentMode="Prefixed" ContainmentComparison="IgnoreCase"><t:FieldURI FieldURI="item:Subject"/>'
        '<t:Constant Value="PAGE"/></t:Contains><t:Not><t:IsGreaterThan><t:FieldURI FieldURI="item:Importance"/><t:FieldURIOrConstant>'
        '<t:Constant Value="Normal"/></t:FieldURIOrConstant></t:IsGreaterThan></t:Not></t:And>'
    )
    order = '<m:SortOrder><t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:Subject"/></t:FieldOrder></m:SortOrder>'
    assert frank.find(both, order=order).all("//t:Subject/text()") == ["page 0", "page 2"]
    view = '<m:IndexedPageItemView MaxEntriesReturned="2" Offset="{}" BasePoint="Beginning"/>'
    first = frank.find("", view=view.format(0), order=order)
    assert (first.all("//t:Subject/text()"), first.one("//m:RootFolder/@IncludesLastItemInRange")) == (
        ["page 0", "page 1"],
        "false",
    )
    last = frank.find("", view=view.format(2), order=order)
    assert (last.all("//t:Subject/text()"), last.one("//m:RootFolder/@TotalItemsInView")) == (["page 2"], "3")


def test_a_mail_is_found_by_a_named_property(raw: RawEws) -> None:
    raw.draft(
        f"<t:Subject>marked</t:Subject><t:ExtendedProperty>{MARKER}<t:Value>find-me</t:Value></t:ExtendedProperty>"
    )
    restriction = (
        f'<t:IsEqualTo>{MARKER}<t:FieldURIOrConstant><t:Constant Value="find-me"/></t:FieldURIOrConstant></t:IsEqualTo>'
    )
    assert raw.find(restriction, "drafts").all("//t:Subject/text()") == ["marked"]


def test_a_body_cannot_be_found_only_got(raw: RawEws) -> None:
    answer = raw(
        '<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI="item:Body"/>'
        '</t:AdditionalProperties></m:ItemShape><m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>'
    )
    assert answer.code == "ErrorInvalidPropertyForOperation"


def test_changes_of_a_folder_come_once_each_and_in_pages(raw: RawEws) -> None:
    grace = raw.of("grace@contoso.example")
    mailbox = raw.exchange.store.mailbox("grace@contoso.example")
    items = [_received(raw, f"sync {number}", "grace@contoso.example") for number in range(3)]
    first = grace.sync(most=2)
    assert (first.all("//t:Create//t:Subject/text()"), first.one("//m:IncludesLastItemInRange/text()")) == (
        ["sync 0", "sync 1"],
        "false",
    )
    second = grace.sync(first.one("//m:SyncState/text()"))
    assert (second.all("//t:Create//t:Subject/text()"), second.one("//m:IncludesLastItemInRange/text()")) == (
        ["sync 2"],
        "true",
    )
    state = second.one("//m:SyncState/text()")
    mailbox.change(items[0], is_read=True)
    mailbox.change(items[1], categories=("red",))
    mailbox.move(items[2], mailbox.named["archive"])
    mailbox.move(items[2], mailbox.named["inbox"])
    changes = grace.sync(state)
    assert changes.all("//t:ReadFlagChange/t:IsRead/text()") == ["true"]
    assert changes.all("//t:Update//t:Subject/text()") == ["sync 1"]
    assert changes.all("//t:Create//t:Subject/text()") == ["sync 2"]
    assert len(changes.all("//t:Delete/t:ItemId/@Id")) == 1
    assert not grace.sync(changes.one("//m:SyncState/text()")).all("//m:Changes/*/*/*")


@pytest.mark.parametrize("state", ["AAAA", "not base64!", "of another folder", "expired"])
def test_a_sync_state_that_is_not_good_any_more_is_refused(raw: RawEws, state: str) -> None:
    if state == "of another folder":
        state = raw.sync(folder="drafts").one("//m:SyncState/text()")
    elif state == "expired":
        state = raw.sync().one("//m:SyncState/text()")
        raw.exchange.store.mailbox("anna@contoso.example").named["inbox"].log.expire()
    assert raw.sync(state).code == "ErrorInvalidSyncStateData"


def test_another_mailbox_opens_only_to_whom_its_rights_name(raw: RawEws) -> None:
    def inbox_of(address: str, session: RawEws) -> str:
        return session(
            "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>"
            f'<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>{address}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>'
            "</m:FolderIds></m:GetFolder>"
        ).code

    assert inbox_of("orders@contoso.example", raw) == "NoError"
    assert inbox_of("bob@contoso.example", raw) == "ErrorAccessDenied"
    assert inbox_of("nobody@contoso.example", raw) == "ErrorNonExistentMailbox"
    hers = _received(raw, "private", "bob@contoso.example")
    assert raw.get(_id(hers)).code == "ErrorAccessDenied"


def test_a_delegate_sends_in_the_name_of_a_shared_mailbox(raw: RawEws) -> None:
    sender = "<t:From><t:Mailbox><t:EmailAddress>orders@contoso.example</t:EmailAddress></t:Mailbox></t:From>"
    for address, shown in (
        ("anna@contoso.example", "orders@contoso.example"),
        ("bob@contoso.example", "bob@contoso.example"),
    ):
        session = raw.of(address)
        draft = session.draft(f"<t:Subject>from {address}</t:Subject>{to(KIM)}{sender}")
        assert session.send(draft.item_id).code == "NoError"
        arrived = list(raw.exchange.store.mailbox(KIM).named["inbox"].items.values())[-1]
        assert (arrived.from_ and arrived.from_.address) == "orders@contoso.example"
        assert (arrived.sender and arrived.sender.address) == shown


def test_impersonation_is_for_those_who_have_the_role(raw: RawEws) -> None:
    header = (
        "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>bob@contoso.example</t:PrimarySmtpAddress></t:ConnectingSID>"
        "</t:ExchangeImpersonation>"
    )
    body = '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Subject>impersonated</t:Subject></t:Message></m:Items></m:CreateItem>'
    refused = raw(body, header=header)
    assert (refused.status, refused.code) == (500, "ErrorImpersonateUserDenied")
    assert raw.of("engine@contoso.example")(body, header=header).code == "NoError"
    drafts = raw.exchange.store.mailbox("bob@contoso.example").named["drafts"].items.values()
    assert [item.subject for item in drafts] == ["impersonated"]
    nobody = raw.of("engine@contoso.example")(body, header=header.replace("bob@", "nobody@"))
    assert nobody.code == "ErrorNonExistentMailbox"


def test_ids_names_zones_and_read_marks(raw: RawEws) -> None:
    draft = raw.draft("<t:Subject>id</t:Subject>")
    plain = draft.all("//t:ItemId/@Id")[0]
    converted = raw(
        f'<m:ConvertId DestinationFormat="HexEntryId"><m:SourceIds><t:AlternateId Format="EwsId" Id="{plain}" Mailbox="anna@contoso.example"/>'
        "</m:SourceIds></m:ConvertId>"
    )
    assert base64.b64encode(bytes.fromhex(converted.one("//m:AlternateId/@Id"))).decode() == plain
    resolve = '<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>{}</m:UnresolvedEntry></m:ResolveNames>'
    assert raw(resolve.format("Berger")).one("//t:EmailAddress/text()") == "anna@contoso.example"
    assert raw(resolve.format("room")).code == "ErrorNameResolutionMultipleResults"
    assert raw(resolve.format("zzz")).code == "ErrorNameResolutionNoResults"
    zones = raw('<m:GetServerTimeZones ReturnFullTimeZoneData="true"/>')
    assert "W. Europe Standard Time" in zones.all("//t:TimeZoneDefinition/@Id")
    marked = raw(
        "<m:MarkAllItemsAsRead><m:ReadFlag>true</m:ReadFlag><m:SuppressReadReceipts>true</m:SuppressReadReceipts><m:FolderIds>"
        '<t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:MarkAllItemsAsRead>'
    )
    assert marked.code == "NoError"
    assert raw.exchange.store.mailbox("anna@contoso.example").named["inbox"].unread == 0


def test_mail_to_nobody_comes_back(raw: RawEws, exchange: Exchange) -> None:
    draft = raw.of("henry@contoso.example").draft(
        "<t:Subject>anybody?</t:Subject><t:InternetMessageId>&lt;q@contoso.example&gt;</t:InternetMessageId>".replace(
            "<t:InternetMessageId>", f"{to('ghost@contoso.example', 'far@away.example')}<t:InternetMessageId>"
        )
    )
    raw.of("henry@contoso.example").send(draft.item_id)
    (bounce,) = exchange.store.mailbox("henry@contoso.example").named["inbox"].items.values()
    shown = raw.of("henry@contoso.example").get(
        _id(bounce), "<t:BaseShape>AllProperties</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>"
    )
    assert shown.one("//t:ItemClass/text()") == "REPORT.IPM.Note.NDR"
    assert shown.one("//t:Subject/text()") == "Undeliverable: anybody?"
    assert shown.one("//t:InReplyTo/text()") == "<q@contoso.example>"
    mime = base64.b64decode(shown.one("//t:MimeContent/text()"))
    assert b"Final-Recipient: rfc822;ghost@contoso.example" in mime
    assert b"Status: 5.1.10" in mime
    assert [left.recipient for left in exchange.store.transport.outbound] == ["far@away.example"]


def test_an_automatic_reply_comes_once_to_each_sender(raw: RawEws, exchange: Exchange) -> None:
    exchange.store.mailbox("iris@contoso.example").automatic_reply = AutomaticReply("", "On holiday")
    jack = raw.of("jack@contoso.example")
    for _ in range(2):
        jack.send(jack.draft(f"<t:Subject>Hello</t:Subject>{to('iris@contoso.example')}").item_id)
    (reply,) = exchange.store.mailbox("jack@contoso.example").named["inbox"].items.values()
    shown = jack.get(_id(reply))
    assert shown.one("//t:Subject/text()") == "Automatic reply: Hello"
    assert shown.one("//t:InternetMessageHeader[@HeaderName='auto-submitted']/text()") == "auto-generated"


def test_held_mail_waits_in_drafts_with_the_submit_flag(raw: RawEws, exchange: Exchange) -> None:
    kate = raw.of("kate@contoso.example")
    exchange.store.transport.hold("kate@contoso.example")
    draft = kate.draft(f"<t:Subject>held</t:Subject>{to('liam@contoso.example')}")
    assert kate.send(draft.item_id).code == "NoError"
    flags = '<t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/></t:AdditionalProperties>'
    assert int(kate.get(draft.item_id, flags).one("//t:Value/text()")) & 4
    assert not exchange.store.mailbox("liam@contoso.example").named["inbox"].items
    exchange.store.transport.release("kate@contoso.example")
    assert len(exchange.store.mailbox("liam@contoso.example").named["inbox"].items) == 1


def test_rights_given_later_hold_at_once(raw: RawEws, exchange: Exchange) -> None:
    mia = exchange.store.mailbox("mia@contoso.example")
    mine = _received(raw, "shared later", "mia@contoso.example")
    assert raw.get(_id(mine)).code == "ErrorAccessDenied"
    mia.rights["anna@contoso.example"] = Rights(full_access=True)
    assert raw.get(_id(mine)).code == "NoError"


def test_the_schema_was_at_hand(schema: object) -> None:
    """Says so where the answers of this file were not checked against Microsoft's schema."""
    if schema is None:
        pytest.skip("EWS_SCHEMAS names no folder with Microsoft's schemas: answers were not validated")
