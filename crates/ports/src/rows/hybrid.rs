//! Group H. Hybrid deployments with Exchange Online.
//!
//! The topic that the port documents of Exchange 2013, 2016 and 2019 refer to.

use super::build::*;

pub(super) static ROWS: &[Row] = &[
    Row {
        purpose: p("Exchange Online -> on-premises Mailbox/Edge (2013 CAS/Edge, 2010 Hub/Edge)"),
        ports: &[tcp(25, "SMTP with TLS").public()],
        connector: p("Receive connector of the hybrid wizard"),
        supported_auth: p("certificate"),
        encryption: p("TLS"),
        editions: SINCE_2013,
        roles: BOTH,
        ..row("H-01", Listener)
    },
    Row {
        purpose: p("on-premises -> Exchange Online"),
        ports: &[tcp(25, "SMTP with TLS").public()],
        connector: p("Send connector of the hybrid wizard"),
        supported_auth: p("certificate"),
        encryption: p("TLS"),
        editions: SINCE_2013,
        roles: BOTH,
        ..row("H-02", Outgoing)
    },
    Row {
        purpose: p("Autodiscover"),
        ports: &[tcp(443, "HTTPS").public()],
        service: p("/autodiscover/autodiscover.svc[/wssecurity]"),
        supported_auth: p("WS-Security"),
        encryption: p("HTTPS"),
        editions: SINCE_2013,
        ..row("H-03", Listener)
    },
    Row {
        purpose: p("Free/busy, MailTips, message tracking"),
        ports: &[tcp(443, "HTTPS").public()],
        service: p("/ews/exchange.asmx/wssecurity"),
        supported_auth: p("WS-Security"),
        encryption: p("HTTPS"),
        editions: SINCE_2013,
        ..row("H-04", Listener)
    },
    Row {
        purpose: p("Multi-mailbox search"),
        ports: &[tcp(443, "HTTPS").public()],
        service: p("EWS and Autodiscover endpoints"),
        supported_auth: p("auth server, WS-Security"),
        encryption: p("HTTPS"),
        editions: SINCE_2013,
        ..row("H-05", Listener)
    },
    Row {
        purpose: p("Mailbox moves (MRS proxy)"),
        ports: &[tcp(443, "HTTPS").public()],
        service: p("/ews/mrsproxy.svc"),
        supported_auth: p("NTLM / Basic"),
        encryption: p("HTTPS"),
        editions: SINCE_2013,
        ..row("H-06", Listener)
    },
    Row {
        purpose: p("OAuth for Autodiscover and EWS"),
        ports: &[tcp(443, "HTTPS").public()],
        service: p("EWS and Autodiscover endpoints"),
        supported_auth: p("auth server"),
        encryption: p("HTTPS"),
        editions: SINCE_2013,
        ..row("H-07", Listener)
    },
    Row {
        purpose: p("AD FS, directory synchronization"),
        ports: &[tcp(443, "HTTPS").public()],
        service: p("/adfs/*"),
        supported_auth: p("varies, 2-factor"),
        encryption: p("HTTPS"),
        editions: SINCE_2013,
        ..row("H-08", Listener)
    },
];
