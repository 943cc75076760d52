//! The session's own replies, in one table: codes as Exchange has them.

use crate::codec::{Enhanced, Reply};

/// Declares functions that return fixed replies.
macro_rules! replies {
    ($($name:ident = $code:literal ($class:literal, $subject:literal, $detail:literal) $text:literal;)*) => {
        $(pub(super) fn $name() -> Reply {
            Reply::new($code, Enhanced($class, $subject, $detail), $text)
        })*
    };
}

replies! {
    ready_for_tls = 220 (2, 0, 0) "SMTP server ready";
    closing = 221 (2, 0, 0) "Service closing transmission channel";
    authenticated = 235 (2, 7, 0) "Authentication successful";
    ok = 250 (2, 0, 0) "OK";
    resetting = 250 (2, 0, 0) "Resetting";
    sender_ok = 250 (2, 1, 0) "Sender OK";
    recipient_ok = 250 (2, 1, 5) "Recipient OK";
    queued = 250 (2, 6, 0) "Queued mail for delivery";
    cannot_verify = 252 (2, 1, 5) "Cannot VRFY user";
    shutting_down = 421 (4, 3, 2) "Service not available, closing transmission channel";
    idle_too_long = 421 (4, 4, 1) "Connection timed out";
    open_too_long = 421 (4, 4, 2) "Connection exceeded its time limit";
    too_many_errors = 421 (4, 7, 0) "Too many errors on this connection, closing transmission channel";
    local_error = 451 (4, 3, 0) "Local error in processing";
    too_many_recipients = 452 (4, 5, 3) "Too many recipients";
    line_too_long = 500 (5, 5, 2) "Line too long";
    auth_line_too_long = 500 (5, 5, 6) "Authentication exchange line is too long";
    unknown_command = 500 (5, 3, 3) "Unrecognized command";
    auth_cancelled = 501 (5, 5, 2) "Authentication cancelled";
    bad_hello_name = 501 (5, 5, 4) "Invalid domain name";
    not_implemented = 502 (5, 5, 1) "Command not implemented";
    send_hello_first = 503 (5, 5, 2) "Send hello first";
    need_mail = 503 (5, 5, 2) "Need mail command";
    need_rcpt = 503 (5, 5, 2) "Need rcpt command";
    sender_already_given = 503 (5, 5, 2) "Sender already specified";
    bad_sequence = 503 (5, 5, 1) "Bad sequence of commands";
    already_authenticated = 503 (5, 5, 1) "Already authenticated";
    already_secured = 503 (5, 5, 1) "Already in TLS";
    unknown_mechanism = 504 (5, 5, 4) "Unrecognized authentication type";
    need_tls = 530 (5, 7, 0) "Must issue a STARTTLS command first";
    need_authentication = 530 (5, 7, 57) "Client not authenticated to send mail";
    authentication_failed = 535 (5, 7, 3) "Authentication unsuccessful";
    recipients_over_limit = 550 (5, 5, 3) "Too many recipients";
    bare_newline = 550 (5, 6, 11) "Message contains bare carriage returns or line feeds";
    message_too_large = 552 (5, 3, 4) "Message size exceeds fixed maximum message size";
    header_too_large = 552 (5, 3, 4) "Header size exceeds fixed maximum size";
    hop_count_exceeded = 554 (5, 4, 6) "Hop count exceeded, possible mail loop";
    out_of_turn = 554 (5, 5, 0) "SMTP protocol synchronization error";
}
