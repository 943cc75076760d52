//! Every limit on what comes from the network or grows with use: name, unit, reason.
//!
//! One place, so that a reviewer can ask of each quantity "who bounds this?". Limits that an
//! administrator changes are defaults here and settings elsewhere. Units stand last in names.

// ---- Addresses (RFC 5321 section 4.5.3.1; Exchange's wider values inside the organization) ----

/// Octets of a local part. RFC 5321 asks for 64; Exchange takes 315 (X.400 encapsulation).
pub const LOCAL_PART_OCTETS_MAX: usize = 315;
/// Octets of a domain name (RFC 1035).
pub const DOMAIN_OCTETS_MAX: usize = 255;
/// Octets of one label of a domain name (RFC 1035).
pub const DOMAIN_LABEL_OCTETS_MAX: usize = 63;

// ---- Engines: the narrowest of all supported engines, enforced by every one of them ----

/// Octets of a key.
pub const KEY_OCTETS_MAX: usize = 10_000;
/// Octets of a value, framing included.
pub const VALUE_OCTETS_MAX: usize = 100_000;
/// Octets of keys and values of one engine transaction.
pub const TRANSACTION_OCTETS_MAX: usize = 8 * 1024 * 1024;

// ---- The store ----

/// Functions of one commit group: beyond this the wait of the first outweighs the shared sync.
pub const GROUP_FUNCTIONS_MAX: usize = 256;
/// Octets staged by a commit group before it closes; leaves room under the transaction limit.
pub const GROUP_OCTETS_MAX: usize = 4 * 1024 * 1024;
/// Writes that may wait for the writer; further callers wait in turn outside its queue.
pub const WRITES_WAITING_MAX: usize = 16_384;
/// Lazy writes that may wait for company before they are committed on their own.
pub const LAZY_WRITES_WAITING_MAX: usize = 4_096;
/// Milliseconds a lazy write waits for company.
pub const LAZY_WAIT_MS_MAX: u64 = 1_000;
/// Octets one slice of bulk work should write, so that an interactive write behind it waits little.
pub const BULK_SLICE_OCTETS: usize = 256 * 1024;
/// Milliseconds one slice of bulk work should take.
pub const BULK_SLICE_MS: u64 = 5;
/// Items that one interactive transaction changes; more are done in slices of the bulk lane.
pub const INTERACTIVE_ITEMS_MAX: u64 = 512;
/// Octets of recently used rows that the writer keeps in memory, per database.
pub const WRITER_CACHE_OCTETS_MAX: usize = 64 * 1024 * 1024;
/// Milliseconds after which a reader should end its snapshot and go on from a cursor.
pub const SNAPSHOT_MS_MAX: u64 = 1_000;
/// Milliseconds after which a snapshot refuses to read: it holds back the reuse of the log.
pub const SNAPSHOT_MS_CEILING: u64 = 10_000;
/// Octets of a blob that stays in its row: one sync per message, not two.
pub const INLINE_OCTETS_MAX: usize = 16 * 1024;
/// Octets of a blob being received that stay in memory before they go to a file.
pub const STAGE_MEMORY_OCTETS_MAX: usize = 256 * 1024;
/// Octets of a blob that shares a segment; a larger one gets a file of its own.
pub const SHARED_BLOB_OCTETS_MAX: u64 = 8 * 1024 * 1024;
/// Octets of a segment file before the next one is begun.
pub const SEGMENT_OCTETS_MAX: u64 = 256 * 1024 * 1024;
/// Segment files kept open at a time.
pub const SEGMENTS_OPEN_MAX: usize = 256;

// ---- Backups ----

/// Octets of a chunk, the unit in which a backup stores what an earlier one has not: it is held
/// in memory.
pub const BACKUP_CHUNK_OCTETS: usize = 4 * 1024 * 1024;
/// Octets of a chunk of a database's own file, in which pages change here and there: many pages, so
/// that a repository has not a file for each.
pub const BACKUP_ROWS_CHUNK_OCTETS: usize = 128 * 1024;
/// Octets of a manifest: enough for 15 TiB of messages, or 480 GiB of rows.
pub const BACKUP_MANIFEST_OCTETS_MAX: u64 = 256 * 1024 * 1024;

// ---- Messages ----

/// Octets of the largest message accepted unless a connector says otherwise: Exchange's
/// default of 36 MB, which is 25 MB of attachments in base64.
pub const MESSAGE_OCTETS_MAX: usize = 37_748_736;
/// Octets of the largest message any setting may allow; tested.
pub const MESSAGE_OCTETS_CEILING: usize = 150 * 1024 * 1024;
/// Octets of a message's header (Exchange 2013 and later).
pub const HEADER_OCTETS_MAX: usize = 256 * 1024;
/// Nesting of MIME parts; what lies deeper stays opaque bytes.
pub const MIME_DEPTH_MAX: usize = 64;
/// Parts of one message; what follows stays opaque bytes.
pub const MIME_PARTS_MAX: usize = 10_000;
/// Parameters of one Content-Type or Content-Disposition; the sane maximum seen is a dozen.
pub const MIME_PARAMETERS_MAX: usize = 64;
/// Addresses of a message's own header, and again of all messages inside it together: four times
/// the recipients Exchange lets a message have, so that 40 MB of commas cost a few megabytes.
pub const ENVELOPE_ADDRESSES_MAX: usize = 20_000;
/// Octets of header fields that the structure of one message takes over (types, names,
/// envelopes of messages inside): a full header's worth; real messages need a few hundred.
pub const STRUCTURE_TEXT_OCTETS_MAX: usize = HEADER_OCTETS_MAX;
/// Octets of the derived record of the worst message that fits the limits above; it must fit a
/// transaction. Ordinary records have one kilobyte.
pub const SUMMARY_OCTETS_MAX: usize = 6 * 1024 * 1024;
/// Message-IDs kept of References: the first and the latest; RFC 5322 has no limit, threads
/// seldom pass a hundred.
pub const REFERENCES_MAX: usize = 1_000;
/// Characters of a preview (RFC 8970 section 3.1).
pub const PREVIEW_CHARS_MAX: usize = 256;
/// Octets of text one message gives to search, after decoding; the rest is not found by it.
pub const SEARCH_TEXT_OCTETS_MAX: usize = 16 * 1024 * 1024;

// ---- Properties ----

/// Properties of one bag; Outlook's largest contacts have a few hundred.
pub const BAG_PROPERTIES_MAX: usize = 4_096;
/// Octets of one encoded bag; larger values live outside of it.
pub const BAG_OCTETS_MAX: usize = 64 * 1024;
/// Characters of the name of a named property ([MS-OXCPRPT]: 254 octets of UTF-16).
pub const PROPERTY_NAME_CHARS_MAX: usize = 127;
/// Octets of a value that stands in a bag; longer ones are blobs and are read as streams.
pub const PROPERTY_INLINE_OCTETS_MAX: usize = 2 * 1024;
/// Octets of all values of one item that are blobs; as much as the largest message.
pub const PROPERTY_STREAMS_OCTETS_MAX: u64 = MESSAGE_OCTETS_CEILING as u64;
/// Values of one item that are blobs; a message has a body in three forms, a rule a few more.
pub const PROPERTY_STREAMS_MAX: usize = 64;
/// Octets of a long value that restrictions look at.
pub const PROPERTY_COMPARED_OCTETS_MAX: u64 = 1024 * 1024;
/// How deep a restriction may nest; Outlook's searches have three or four levels.
pub const RESTRICTION_DEPTH_MAX: usize = 32;
/// Nodes of one restriction; a search for a name in every field has some dozens.
pub const RESTRICTION_NODES_MAX: usize = 512;
/// Properties of one sort order ([MS-OXCTABL]: clients use up to six).
pub const SORT_KEYS_MAX: usize = 16;
/// Items that one sort holds in memory; a larger folder has to be restricted first.
pub const SORTED_ITEMS_MAX: usize = 250_000;

// ---- Connections (crate net) ----

/// Connections the kernel queues before they are accepted; Linux caps it at net.core.somaxconn.
pub const ACCEPT_BACKLOG: i32 = 1024;
/// Seconds between a failed accept (no descriptors left) and the next try.
pub const ACCEPT_PAUSE_SECS: u64 = 1;
/// Seconds sessions get to end by themselves once the server shuts down.
pub const DRAIN_SECS_MAX: u64 = 5;
/// Seconds for a whole TLS handshake; slow phones need about five.
pub const TLS_HANDSHAKE_SECS_MAX: u64 = 30;
/// Seconds to establish an outgoing connection before the next address is tried.
pub const CONNECT_SECS_MAX: u64 = 30;
/// Seconds a probe waits before it calls a port filtered.
pub const PROBE_SECS_MAX: u64 = 3;
/// Connections that the demonstration's sink takes; each may hold a whole message in memory.
pub const DEMO_SINK_CONNECTIONS_MAX: u32 = 20;
/// Seconds of silence after which the kernel asks whether the peer still exists.
pub const KEEPALIVE_SECS: u64 = 300;
/// Prefix length within which IPv6 addresses count as one source: one customer's network.
pub const SOURCE_PREFIX_V6: u8 = 64;
/// Octets read from a connection at a time; one TLS record.
pub const READ_CHUNK_OCTETS: usize = 16 * 1024;
/// Octets of output collected before they are written out.
pub const OUTPUT_OCTETS_MAX: usize = 64 * 1024;
/// Seconds a peer may refuse to take any output.
pub const OUTPUT_STALL_SECS_MAX: u64 = 60;
/// Octets per second a peer must take beyond that, so that a trickle cannot hold memory.
pub const OUTPUT_RATE_OCTETS_MIN: u64 = 512;
/// Octets of a PROXY protocol header before they are read; version 2 with certificate data
/// of a balancer stays below 1 KiB, the format would allow 64.
pub const PROXY_HEADER_OCTETS_MAX: usize = 4096;
/// Seconds a listed balancer has to send its PROXY protocol header.
pub const PROXY_HEADER_SECS_MAX: u64 = 5;
/// Octets of inflated input after which a connection's compression ratio is looked at;
/// more than one message of the default size, however empty it may be.
pub const INFLATE_FREE_OCTETS: u64 = 64 * 1024 * 1024;
/// Octets of inflated input per octet received beyond that. Mail reaches about 20.
pub const INFLATE_RATIO_MAX: u64 = 100;

// ---- Name service (crate net) ----

/// Seconds for one question to one name server.
pub const DNS_TIMEOUT_SECS: u64 = 5;
/// Tries per name server.
pub const DNS_ATTEMPTS_MAX: usize = 2;
/// Answers kept in the resolver's cache.
pub const DNS_CACHE_ENTRIES_MAX: u64 = 8192;
/// Mail exchangers of a domain that are looked at, best first.
pub const MX_HOSTS_MAX: usize = 32;
/// Hosts of a service (SRV) that are looked at, best first.
pub const SRV_HOSTS_MAX: usize = 32;
/// Addresses of a host that are looked at.
pub const HOST_ADDRESSES_MAX: usize = 32;

// ---- Time service (crate net) ----

/// Seconds for an answer of a time server.
pub const TIME_ANSWER_SECS_MAX: u64 = 5;
/// Questions to a time server that does not answer: datagrams get lost.
pub const TIME_ATTEMPTS_MAX: usize = 2;

// ---- Configuration (crate config) ----

/// Octets of the configuration file.
pub const CONFIG_FILE_OCTETS_MAX: u64 = 1024 * 1024;

// ---- Authentication ----

/// Octets of one SASL response in base64, as RFC 4954 section 4 bounds an AUTH line.
pub const SASL_RESPONSE_OCTETS_MAX: usize = 12 * 1024;
/// Octets of a login name: two addresses (delegate form `user/shared`) at their longest.
pub const SASL_NAME_OCTETS_MAX: usize = 2 * (LOCAL_PART_OCTETS_MAX + 1 + DOMAIN_OCTETS_MAX) + 1;
/// Octets of a password. Longer ones cost hashing time and protect nobody better.
pub const PASSWORD_OCTETS_MAX: usize = 1024;
/// App passwords of one account: more than one person has programs and devices. All are
/// compared at a login, some microseconds each.
pub const APP_PASSWORDS_MAX: usize = 20;
/// Octets of the name of an app password.
pub const APP_PASSWORD_NAME_OCTETS_MAX: usize = 64;
/// Octets of the client's SCRAM nonce; clients send 16 to 48.
pub const SCRAM_NONCE_OCTETS_MAX: usize = 512;
/// Rounds of PBKDF2 that another server may ask of us, where RFC 7677 asks for 4,096: about
/// 50 ms. More would let it keep a thread busy.
pub const SCRAM_ITERATIONS_MAX: u32 = 250_000;
/// Password hashes computed at one time. Each takes 19 MiB and one core for its duration.
pub const HASHES_RUNNING_MAX: usize = 4;
/// Password checks that wait for one of those; the next one is told to come back later.
/// At 25 ms a hash the last in line waits about six seconds.
pub const HASHES_WAITING_MAX: usize = 1024;
/// Verified credentials remembered (about 100 octets each), per generation of two.
pub const CREDENTIAL_CACHE_ENTRIES_MAX: usize = 20_000;
/// Octets of a message of another directory: a bind's answer has some hundred, an entry without
/// attributes a DN.
pub const LDAP_MESSAGE_OCTETS_MAX: usize = 64 * 1024;
/// Messages that another directory may send in answer to one search for one entry.
pub const LDAP_SEARCH_MESSAGES_MAX: usize = 16;
/// Octets of a search filter in a setting.
pub const LDAP_FILTER_OCTETS_MAX: usize = 4096;
/// Filters within filters.
pub const LDAP_FILTER_DEPTH_MAX: usize = 16;
/// Passwords that other directories are asked about at one time, each by a connection of its own.
pub const LINKED_CHECKS_RUNNING_MAX: usize = 32;
/// Seconds that a password may take in another directory, all its servers together, and that it
/// may wait before that for its turn.
pub const LINKED_CHECK_SECS_MAX: u64 = 10;
/// Seconds that a password stays good here after another directory has found it right: what is
/// changed there is not seen here.
pub const LINKED_CREDENTIALS_SECS: u64 = 5 * 60;
/// Seconds from the greeting to the login, whatever is said meanwhile (IMAP and POP3; SMTP has
/// ConnectionTimeout): talking must not keep a connection that others wait for.
pub const LOGIN_SECS_MAX: u64 = 5 * 60;
/// Hosts, and pairs of account and host, with a record of failed logins (about 80 octets
/// each), per generation of two. Each entry costs an attacker one connection and one hash.
pub const THROTTLE_ENTRIES_MAX: usize = 32_768;

// ---- Transport ----

/// Received fields of a message; more is a loop. RFC 5321 section 6.3 asks for at least 100.
pub const RECEIVED_FIELDS_MAX: usize = 100;
/// Octets of ENVID after decoding (RFC 3461 section 4.4).
pub const ENVELOPE_ID_OCTETS_MAX: usize = 100;
/// Forward-only recipients followed from one address before it counts as a loop.
pub const FORWARD_HOPS_MAX: usize = 20;
/// Recipients of one message after groups are expanded: one transaction must hold them.
pub const EXPANDED_RECIPIENTS_MAX: usize = 20_000;
/// Envelope recipients of one copy (Exchange's ExpansionSizeLimit).
pub const COPY_RECIPIENTS_MAX: usize = 1000;
/// Local recipients delivered in the accepting transaction; the others follow by the queue.
pub const FAST_PATH_RECIPIENTS_MAX: usize = 500;
/// Octets of a transaction that local deliveries leave to the queue rows of everybody else.
pub const QUEUE_ROWS_RESERVE_OCTETS: usize = 1024 * 1024;
/// Recipients of one queue row, which is what one SMTP transaction carries: the number that
/// RFC 5321 section 4.5.3.1.8 makes every server take.
pub const PART_RECIPIENTS_MAX: usize = 100;
/// Octets of recipients in one queue row, so that it stays below the value limit.
pub const PART_RECIPIENTS_OCTETS_MAX: usize = 64 * 1024;
/// Recipients that one slice of a queued local delivery writes, so that the writer stays
/// free for others.
pub const LOCAL_SLICE_RECIPIENTS_MAX: usize = 20;
/// Octets of a message that a failure report encloses whole (Exchange's 10 MB).
pub const REPORT_ENCLOSED_OCTETS_MAX: u64 = 10 * 1024 * 1024;
/// Octets of a subject kept for the tracking log and for reports.
pub const TRACKED_SUBJECT_OCTETS_MAX: usize = 255;
/// Octets of a remote reply's text kept in a queue row.
pub const REPLY_TEXT_OCTETS_MAX: usize = 512;
/// Connections to next hops at one time (MaxOutboundConnections).
pub const OUTBOUND_CONNECTIONS_MAX: usize = 1000;
/// Connections to one next hop at one time (MaxPerDomainOutboundConnections).
pub const OUTBOUND_CONNECTIONS_PER_HOP_MAX: usize = 20;
/// Messages over one connection (SmtpMaxMessagesPerConnection).
pub const MESSAGES_PER_CONNECTION_MAX: usize = 20;
/// Overdue parts that one turn of the queue looks at for delay and expiry.
pub const NOTICES_PER_TURN_MAX: usize = 100;
/// Rows of a queue that one page of Get-Message reads, in one snapshot.
pub const QUEUE_PAGE_PARTS: usize = 1000;

// ---- Logs ----

/// Octets of one field of a log's line: more than any list of recipients of one transaction.
pub const LOG_FIELD_OCTETS_MAX: usize = 64 * 1024;
/// Octets of lines that wait to be written into logs. Beyond that lines are dropped: a slow
/// disk may cost log lines, not memory and not the patience of clients.
pub const LOG_QUEUE_OCTETS_MAX: usize = 8 * 1024 * 1024;
/// Octets of a line of the message tracking log that is read: recipients, twice as long where
/// each octet is quoted, and the other fields. Longer lines are left out.
pub const TRACKING_LINE_OCTETS_MAX: usize = 256 * 1024;
/// Events that one search of the message tracking log answers with (ResultSize).
pub const TRACKING_RESULTS_MAX: u32 = 100_000;

// ---- IMAP ----

/// Octets of a command's lines, literals apart. RFC 9051 wants 8,192 at least; clients that
/// list UIDs one by one reach tens of thousands.
pub const IMAP_LINE_OCTETS_MAX: usize = 64 * 1024;
/// Octets of a literal, and of all literals of a command, before login.
pub const IMAP_PREAUTH_LITERAL_OCTETS_MAX: u64 = 4 * 1024;
/// Octets of the literals of a command after login, messages apart.
pub const IMAP_LITERAL_OCTETS_MAX: u64 = 128 * 1024;
/// Items of one parenthesized or spaced list of a command.
pub const IMAP_LIST_ITEMS_MAX: usize = 4096;
/// Items that FETCH gives of a message: each may mean reading its header once more.
pub const IMAP_FETCH_ITEMS_MAX: usize = 256;
/// Patterns of one LIST: each name is compared with each of them.
pub const IMAP_LIST_PATTERNS_MAX: usize = 32;
/// Wildcards of one pattern, neighbours counted once; clients use one or two.
pub const IMAP_PATTERN_WILDCARDS_MAX: usize = 16;
/// Octets of sort keys or message identifiers that one SORT or THREAD holds: those of half a
/// million messages.
pub const IMAP_ORDER_OCTETS_MAX: usize = 64 * 1024 * 1024;
/// Mailboxes of others that one LIST opens because of permissions, by name or by Default each:
/// a read apiece.
pub const IMAP_OTHER_MAILBOXES_MAX: usize = 500;
/// Nesting of search keys.
pub const IMAP_NESTING_MAX: usize = 32;
/// Octets of a mailbox name: 32 levels of the longest folder name.
pub const IMAP_MAILBOX_NAME_OCTETS_MAX: usize = 8 * 1024;
/// Octets of a keyword.
pub const IMAP_KEYWORD_OCTETS_MAX: usize = 100;
/// Octets of the name of a metadata entry.
pub const IMAP_METADATA_NAME_OCTETS_MAX: usize = 255;
/// Fields of an ID command (RFC 2971).
pub const IMAP_ID_FIELDS_MAX: usize = 30;
/// Messages of one MULTIAPPEND: they commit together.
pub const IMAP_APPEND_MESSAGES_MAX: usize = 1000;
/// Commands answered with BAD before the connection is closed (Exchange's MaxCommandErrors).
pub const IMAP_BAD_COMMANDS_MAX: u32 = 20;
/// Octets of responses made by one read of the store: well below what a snapshot may give.
pub const IMAP_BATCH_OCTETS: usize = 1024 * 1024;
/// Seconds between signs of life in IDLE: middleboxes forget connections after a few minutes.
pub const IMAP_HEARTBEAT_SECS: u64 = 120;
/// Seconds between two pieces of a literal or a command.
pub const IMAP_COMMAND_STALL_SECS: u64 = 5 * 60;
/// Messages opened by one read of the store.
pub const IMAP_BATCH_MESSAGES: usize = 1024;
/// Messages of which one read of the store sends nothing but flags and numbers.
pub const IMAP_BATCH_ENTRIES: usize = 8192;
/// Octets of a message part from which on it streams instead of being held.
pub const IMAP_STREAM_OCTETS: u64 = 256 * 1024;
/// Octets of an unwanted literal that are skipped; beyond it the connection ends.
pub const IMAP_SKIPPED_LITERAL_OCTETS_MAX: u64 = 160 * 1024 * 1024;
/// Event groups of a NOTIFY command.
pub const IMAP_NOTIFY_GROUPS_MAX: usize = 64;
/// Mailbox names in all groups of a NOTIFY command together.
pub const IMAP_NOTIFY_NAMES_MAX: usize = 1024;
/// Events of the journal that a wake of NOTIFY goes through; after more it reads the folders.
pub const IMAP_NOTIFY_EVENTS_MAX: usize = 1024;

// ---- SMTP ----

/// Octets of a command line with its CRLF. RFC 5321 asks for 512 plus what extensions add;
/// a MAIL with every parameter at its limit stays below 2 KiB.
pub const SMTP_COMMAND_OCTETS_MAX: usize = 4096;
/// Octets of an AUTH line or response (RFC 4954 section 4: Kerberos tickets and tokens).
pub const SMTP_AUTH_LINE_OCTETS_MAX: usize = 12_288;
/// Octets of ORCPT (RFC 3461 section 4.2).
pub const SMTP_ORCPT_OCTETS_MAX: usize = 500;
/// Octets of a local part that strangers may send to (RFC 5321 section 4.5.3.1.1).
pub const SMTP_STRANGER_LOCAL_PART_OCTETS_MAX: usize = 64;
/// Octets of text in one line of our replies, so that code, status and CRLF fit into the 512
/// octets of RFC 5321 section 4.5.3.1.5.
pub const SMTP_REPLY_TEXT_OCTETS_MAX: usize = 480;
/// Octets of a line of somebody else's reply; servers exceed 512 with long explanations.
pub const SMTP_REPLY_LINE_OCTETS_MAX: usize = 4096;
/// Lines of a reply; the longest EHLO replies have about 30.
pub const SMTP_REPLY_LINES_MAX: usize = 128;
/// Octets of input that wait for the session before the driver stops reading.
pub const SMTP_INPUT_OCTETS_MAX: usize = 64 * 1024;
/// Seconds in which a peer must take what is written to it; then it counts as gone.
pub const SMTP_WRITE_SECS_MAX: u64 = 180;
/// Rounds of one SASL exchange; SCRAM needs two, no mechanism more than five.
pub const SMTP_AUTH_ROUNDS_MAX: usize = 10;

// ---- Directory ----

/// Letters of a recipient's alias (Exchange's mailNickname).
pub const ALIAS_CHARS_MAX: usize = 64;
/// Letters of a display name (Exchange's displayName).
pub const DISPLAY_NAME_CHARS_MAX: usize = 256;
/// Proxy addresses of one recipient: with the longest addresses they still fit into a row.
pub const PROXY_ADDRESSES_MAX: usize = 100;
/// Octets of a template of an e-mail address policy: a local part of variables, and a domain.
pub const ADDRESS_TEMPLATE_OCTETS_MAX: usize = 512;
/// Templates of one e-mail address policy: each makes an address of every recipient.
pub const ADDRESS_TEMPLATES_MAX: usize = 20;
/// Numbers tried behind a local part that others have (`smith2`, `smith3`), before a policy gives
/// up.
pub const ADDRESS_NUMBER_MAX: u32 = 1_000;
/// Address lists in each other; Outlook shows them as a tree.
pub const ADDRESS_LIST_DEPTH_MAX: usize = 16;
/// Octets of the photo of a person: in base64 it fits into a verb's parameter, as it is into a
/// row. Exchange asks for less than 100 kB where the directory has it.
pub const PHOTO_OCTETS_MAX: usize = 48 * 1024;
/// Recipients that Update-EmailAddressPolicy looks at in one transaction.
pub const POLICY_SLICE_RECIPIENTS: usize = 500;
/// Members of one distribution group: 80 kB, so that the group fits into a row. Larger
/// groups are groups of groups.
pub const GROUP_MEMBERS_MAX: usize = 5_000;
/// Entries of one permission list of a mailbox (8 kB).
pub const PERMISSION_ENTRIES_MAX: usize = 500;
/// Recipients on the way from an address to a mailbox: nested groups, forwardings and
/// contact chains. Nobody nests deeper on purpose.
pub const EXPANSION_DEPTH_MAX: usize = 32;
/// Destinations of one address after expansion.
pub const EXPANSION_RECIPIENTS_MAX: usize = 100_000;
/// Recipients read from the store in one snapshot while the directory is opened.
pub const DIRECTORY_PAGE_RECIPIENTS: usize = 2_000;
/// Configuration objects of the directory: connectors and service settings.
pub const CONFIGURATION_OBJECTS_MAX: usize = 1_000;
/// Role groups that were made or changed.
pub const ROLE_GROUPS_MAX: usize = 200;
/// Octets of a role group's name, and of its description.
pub const ROLE_GROUP_NAME_OCTETS_MAX: usize = 256;
/// Management roles of a role group.
pub const ROLE_GROUP_ROLES_MAX: usize = 100;
/// Members of a role group.
pub const ROLE_GROUP_MEMBERS_MAX: usize = 1_000;
/// Octets of a configuration object's document.
pub const CONFIGURATION_OBJECT_OCTETS_MAX: usize = 64 * 1024;

// ---- Administration ----

/// IMAP capabilities hidden from one account.
pub const IMAP_CAPABILITIES_HIDDEN_MAX: usize = 100;
/// Octets of one value of a verb's parameter.
pub const VERB_ARGUMENT_OCTETS_MAX: usize = 64 * 1024;
/// Characters of an attribute of a recipient; Exchange's for custom attributes.
pub const ATTRIBUTE_CHARS_MAX: usize = 1_024;
/// Octets of a recipient filter as it is written.
pub const RECIPIENT_FILTER_OCTETS_MAX: usize = 8 * 1024;
/// Levels of parentheses and -not in a filter of a verb.
pub const FILTER_DEPTH_MAX: usize = 32;
/// Comparisons in a filter of a verb.
pub const FILTER_TERMS_MAX: usize = 256;
/// Values of one parameter of a verb.
pub const VERB_ARGUMENT_VALUES_MAX: usize = 10_000;
/// Octets of objects that a verb takes from standard input.
pub const PIPELINE_OCTETS_MAX: u64 = 64 * 1024 * 1024;
/// Octets of the body of a request to the administration interface: a verb with a photo or a
/// list of members.
pub const ADMIN_BODY_OCTETS_MAX: usize = 4 * 1024 * 1024;
/// Octets of the head of a request to the administration interface.
pub const ADMIN_HEAD_OCTETS_MAX: usize = 16 * 1024;
/// Header fields of a request to the administration interface.
pub const ADMIN_HEADERS_MAX: usize = 64;
/// Seconds until the head of a request to the administration interface is complete; also the
/// longest silence between two requests.
pub const ADMIN_HEAD_SECS_MAX: u64 = 30;
/// Seconds until the body of a request to the administration interface is complete.
pub const ADMIN_BODY_SECS_MAX: u64 = 60;
/// Connections to the administration interface at a time, on each of its listeners.
pub const ADMIN_CONNECTIONS_MAX: u32 = 64;
/// Connections to the administration interface at a time from one source.
pub const ADMIN_CONNECTIONS_PER_SOURCE_MAX: u32 = 16;
/// Seconds until one listener that a verb tries has answered everything: as long as a person waits.
pub const CONNECTIVITY_SECS_MAX: u64 = 10;
/// Octets of one line of a listener that a verb tries.
pub const CONNECTIVITY_LINE_OCTETS_MAX: usize = 8 * 1024;
/// Lines of one answer of a listener that a verb tries.
pub const CONNECTIVITY_LINES_MAX: usize = 100;
/// Seconds that a test of the mail flow waits unless it is told otherwise; Exchange's.
pub const MAILFLOW_SECS_DEFAULT: u32 = 240;
/// Seconds that a test of the mail flow may wait.
pub const MAILFLOW_SECS_MAX: u32 = 3_600;
/// Octets of an answer that the command line takes from the administration interface.
pub const ADMIN_ANSWER_OCTETS_MAX: usize = 1024 * 1024 * 1024;
/// Milliseconds from which an operation counts as slow: a person notices.
pub const SLOW_OPERATION_MS_MIN: u64 = 1_000;
/// Slow operations that a server remembers; older ones go.
pub const SLOW_OPERATIONS_KEPT_MAX: usize = 100;
/// Days of validity that a certificate should have left; less is told as a degraded part of the
/// server. Most certificates are renewed a month before their end.
pub const CERTIFICATE_WARNING_DAYS: u64 = 14;
/// Octets of a text from elsewhere that a finding of `rialto setup --check` shows; longer ones
/// are cut.
pub const CHECK_TEXT_OCTETS_MAX: usize = 200;
/// Seconds that `rialto setup --check` waits for each connection; a packet that was lost has been
/// sent twice again by then.
pub const CHECK_CONNECT_SECS_MAX: u64 = 10;
/// Seconds that it waits for a greeting; servers delay theirs to see who speaks too early.
pub const CHECK_GREETING_SECS_MAX: u64 = 30;
/// Addresses of mail exchangers that it tries for one domain.
pub const CHECK_EXCHANGERS_MAX: usize = 4;
/// Domains and hosts beyond the server's own that it is asked to try.
pub const CHECK_TARGETS_MAX: usize = 16;
/// Seconds by which a clock may be off before that is told as a warning: one-time passwords last
/// for thirty.
pub const CLOCK_WARNING_SECS: u64 = 5;
/// Seconds by which a clock may be off at all: Kerberos refuses tickets beyond them (RFC 4120
/// section 3.2.3 leaves the number to the site; five minutes is what sites have).
pub const CLOCK_FAILURE_SECS: u64 = 300;
/// Terms of an SPF record that ask DNS, those of included records among them (RFC 7208 section
/// 4.6.4).
pub const SPF_LOOKUPS_MAX: usize = 10;
/// Certificates of one chain that is imported; real ones have four.
pub const CERTIFICATE_CHAIN_MAX: usize = 16;
/// Requests for certificates that wait at a time: each has a key.
pub const CERTIFICATE_REQUESTS_MAX: usize = 20;
/// Questions to the name service, one after the other, that nobody answered: then it counts as
/// unhealthy. Each was repeated by itself.
pub const DNS_FAILURES_UNHEALTHY: u32 = 3;
/// Connectors that metrics tell apart; those beyond it are counted together.
pub const METRIC_CONNECTORS_MAX: usize = 1_000;
/// Seconds that samples of a histogram gather, 8 octets each, until they are sorted into its
/// buckets: 40 kB of a disk with a thousand syncs a second.
pub const METRICS_UPKEEP_SECS: u64 = 5;
/// Spans that wait to be exported: a few megabytes. What comes beyond them is dropped and counted.
pub const TELEMETRY_SPANS_WAITING_MAX: usize = 8_192;
/// Spans of one request to a collector; the default of OpenTelemetry's batch processor.
pub const TELEMETRY_BATCH_SPANS_MAX: usize = 512;
/// Milliseconds that a span waits for company on its way to a collector.
pub const TELEMETRY_BATCH_WAIT_MS: u64 = 1_000;
/// Seconds that a collector has for one request; OpenTelemetry's default.
pub const TELEMETRY_REQUEST_SECS_MAX: u64 = 10;
/// Seconds that the end of the server waits for a collector.
pub const TELEMETRY_FLUSH_SECS_MAX: u64 = 5;
/// Octets of a collector's answer that are read; it has a count and a text.
pub const TELEMETRY_ANSWER_OCTETS_MAX: usize = 64 * 1024;
/// Octets of one attribute of a span: a domain name is the longest that is meant. Others are cut.
pub const TELEMETRY_ATTRIBUTE_OCTETS_MAX: usize = 256;
/// Entries of the administrator audit log that one search returns; Exchange's.
pub const AUDIT_ENTRIES_SHOWN_MAX: usize = 250_000;
/// Entries of the administrator audit log that one transaction removes.
pub const AUDIT_PURGE_ENTRIES_MAX: usize = 1_000;
/// Octets of one text in an entry of the administrator audit log; longer ones are cut.
pub const AUDIT_TEXT_OCTETS_MAX: usize = 2_048;
/// Octets of one text of an automatic reply; both stand in one row.
pub const AUTOMATIC_REPLY_OCTETS_MAX: usize = 32 * 1024;
/// Octets of a subject, and of the identifiers, that an automatic reply takes from the message
/// it answers.
pub const AUTOMATIC_REPLY_QUOTED_OCTETS_MAX: usize = 4 * 1024;
/// Senders that a mailbox answers until its automatic replies are switched on anew: each leaves
/// a row.
pub const AUTOMATIC_REPLY_SENDERS_MAX: u64 = 10_000;
/// Rows of earlier periods that an automatic reply takes away: more than the one it adds.
pub const AUTOMATIC_REPLY_SWEEP_ROWS: usize = 4;
/// Automatic replies that the submission agent reads at a time.
pub const OUTBOX_ITEMS_READ_MAX: usize = 100;
/// Spam confidence level from which a message is junk: Exchange's SCLJunkThreshold of 4, passed.
pub const SCL_JUNK: i32 = 5;

// ---- Import and export ----

/// Requests to import or to export that a server keeps, those that are done included.
pub const MIGRATION_REQUESTS_MAX: usize = 10_000;
/// Migration batches that a server keeps, those that are done included.
pub const MIGRATION_BATCHES_MAX: usize = 100;
/// Mailboxes of one migration batch: its requests are made in one transaction.
pub const MIGRATION_BATCH_USERS_MAX: usize = 5_000;
/// Octets of the CSV file of a migration batch: five hundred for every mailbox, and more.
pub const MIGRATION_CSV_OCTETS_MAX: u64 = 4 * 1024 * 1024;
/// Octets of one field of it: an address, a login, a password, a folder.
pub const MIGRATION_CSV_FIELD_OCTETS_MAX: usize = 1024;
/// Rows of it that are named when they are refused.
pub const MIGRATION_CSV_BAD_ROWS_SHOWN_MAX: usize = 20;
/// Migration endpoints that a server keeps.
pub const MIGRATION_ENDPOINTS_MAX: usize = 100;
/// Characters of the name of a migration endpoint or batch.
pub const MIGRATION_NAME_CHARS_MAX: usize = 64;
/// Requests that are worked on at a time; each may hold a message of `MESSAGE_OCTETS_CEILING`.
pub const MIGRATION_REQUESTS_RUNNING_MAX: usize = 4;
/// Folders of one source; a mailbox has no more.
pub const MIGRATION_FOLDERS_MAX: usize = 10_000;
/// Folders below folders of a source on disk; a mailbox has no deeper ones.
pub const MIGRATION_FOLDER_DEPTH_MAX: usize = 64;
/// Files in one folder of a source on disk: their names are sorted in memory.
pub const MIGRATION_FOLDER_FILES_MAX: usize = 1_000_000;
/// Files and folders looked at to see how mail is kept on a disk.
pub const MIGRATION_DETECTION_FILES_MAX: usize = 10_000;
/// Items read from a source before they are written.
pub const MIGRATION_BATCH_ITEMS: usize = 64;
/// Octets read from a source before they are written; the last message may pass it.
pub const MIGRATION_BATCH_OCTETS: usize = 1024 * 1024;
/// Octets of a file beside the messages of a source, such as `dovecot-keywords`.
pub const MIGRATION_SIDE_FILE_OCTETS_MAX: u64 = 64 * 1024;
/// Octets of the lines of one response of an IMAP source, literals apart.
pub const MIGRATION_IMAP_LINE_OCTETS_MAX: usize = 256 * 1024;
/// Literals of one response of an IMAP source; all together they have `MESSAGE_OCTETS_CEILING`.
pub const MIGRATION_IMAP_LITERALS_MAX: usize = 64;
/// Lists in lists of a response of an IMAP source; those that are asked for have three.
pub const MIGRATION_IMAP_NESTING_MAX: usize = 16;
/// Responses to one command to an IMAP source: far more than messages of a look, or folders.
pub const MIGRATION_IMAP_RESPONSES_MAX: usize = 1_000_000;
/// Messages of an IMAP source that are looked at ahead; a few octets each.
pub const MIGRATION_IMAP_WINDOW_MESSAGES: usize = 1_000;
/// Seconds an IMAP source may be silent; one that opens a large folder takes its time.
pub const MIGRATION_IMAP_SILENCE_SECS_MAX: u64 = 180;
/// Times that an IMAP source is tried in a row without a message.
pub const MIGRATION_IMAP_TRIES_MAX: u32 = 8;
/// Seconds between two tries; the first pause is one second, and each is twice the one before.
pub const MIGRATION_IMAP_PAUSE_SECS_MAX: u64 = 60;
/// Levels of a tree in a PST file; one of 50 GB has four.
pub const PST_TREE_LEVELS_MAX: u8 = 8;
/// Messages of a PST file; 12 octets each in memory.
pub const PST_MESSAGES_MAX: usize = 4_000_000;
/// Octets read from a PST file for one item, of which every part counts for what it takes in
/// memory; text in UTF-16 shrinks by half.
pub const PST_ITEM_OCTETS_MAX: u64 = 2 * MESSAGE_OCTETS_CEILING as u64;
/// Messages attached to attached messages of an item of a PST file.
pub const PST_EMBEDDED_DEPTH_MAX: usize = 16;
/// Octets of a body in RTF when it is decompressed.
pub const RTF_OCTETS_MAX: usize = 16 * 1024 * 1024;
/// Groups in groups of RTF; Word writes a dozen.
pub const RTF_DEPTH_MAX: usize = 256;
/// Messages about bad items that are kept for the report of one folder.
pub const MIGRATION_FOLDER_REPORT_ITEMS_MAX: usize = 20;

// ---- Certificates by ACME ----

/// Seconds from a request to an authority to the end of its answer.
pub const ACME_REQUEST_SECS_MAX: u64 = 60;
/// Octets of an authority's answer; a chain has less than 20 KB.
pub const ACME_ANSWER_OCTETS_MAX: usize = 256 * 1024;
/// Seconds an order takes: DNS programs wait for name servers, one name after the other.
pub const ACME_ORDER_SECS_MAX: u64 = 3_600;
/// Seconds of one call of the program that changes DNS.
pub const ACME_DNS_PROGRAM_SECS_MAX: u64 = 600;
/// Seconds an authority has for its request of a token, and as many to read the answer.
pub const ACME_RESPONSE_SECS_MAX: u64 = 10;
/// Connections at a time to what answers authorities: they ask from a handful of places.
pub const ACME_CONNECTIONS_MAX: u32 = 64;
/// The same from one source.
pub const ACME_CONNECTIONS_PER_SOURCE_MAX: u32 = 16;
/// Octets of the head of a request without credentials.
pub const HTTP_HEAD_OCTETS_MAX: usize = 16 * 1024;

// ---- POP3 ----

/// Octets of a command with its line end: RFC 2449 asks for 255, a UTF-8 address needs more.
pub const POP3_COMMAND_OCTETS_MAX: usize = 1024;
/// Octets of a line of an AUTH dialogue (RFC 5034 section 4 counts 12 KiB as enough).
pub const POP3_AUTH_OCTETS_MAX: usize = 12 * 1024;
/// Bad commands before the session ends.
pub const POP3_COMMAND_ERRORS_MAX: u32 = 20;
/// Failed logins before the session ends; Exchange's MaxLogonFailures.
pub const POP3_LOGON_FAILURES_MAX: u32 = 3;

// ---- Front end and back end ----

/// Octets of what a front end tells before it splices a client: three names at their longest
/// and an IMAP tag, of which clients use less than 20.
pub const PREFACE_OCTETS_MAX: usize = 8 * 1024;
/// Seconds a front end has to say it, after the TLS handshake.
pub const PREFACE_SECS_MAX: u64 = 10;
/// Seconds from the login of a client whose mailbox is elsewhere to the first octet of that
/// server's answer; clients give up after about a minute.
pub const BACK_END_ANSWER_SECS_MAX: u64 = 45;
/// Seconds that a splice outlives the longest silence of its session: the back end, which
/// knows the session, ends it first and says why.
pub const SPLICE_SILENCE_MARGIN_SECS: u64 = 60;

// ---- Messages on their way in ----

/// Octets that all messages being received may take together: seven of the largest, or
/// thousands of usual ones. Beyond it DATA is answered with 452 4.3.1, APPEND with NO and the
/// code LIMIT.
pub const INTAKE_OCTETS_MAX: usize = 256 * 1024 * 1024;
/// Sources whose messages per minute one connector counts; beyond it finished minutes are
/// forgotten, then those who have sent least.
pub const MESSAGE_RATE_SOURCES_MAX: usize = 10_000;
/// Mailboxes of which SMTP remembers for a moment that they had room; of others RCPT reads.
pub const ROOMY_MAILBOXES_MAX: usize = 10_000;
