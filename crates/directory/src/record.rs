//! The rows' form in the store (crate `types`, module `wire`).

use auth::{AppSecret, PasswordHash, RecipientId, ScramSecret};
use filter::RecipientFilter;
use store::{Corrupt, Record};
use types::wire::{Reader, put_bytes, put_uint};
use types::{Address, Domain};

use crate::app_password::{AppPassword, AppPasswords, Scopes};
use crate::attributes::Attributes;
use crate::audit::{AuditEntry, ModifiedProperty};
use crate::domain::{AcceptedDomain, DomainKind};
use crate::object::ConfigurationObject;
use crate::photo::PhotoRow;
use crate::recipient::{
    Account, AccountProtocols, ChangeNumber, Credentials, ForwardTo, Forwarding, Group,
    GroupReports, Kind, Mailbox, MailboxLocation, ProxyAddress, Quotas, Recipient,
    RecoverableItems, Restrictions,
};
use crate::role_group::RoleGroup;
use crate::settings::Settings;

/// A value that is part of a row. Decoding is the inverse of encoding.
trait Field: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt>;
}

impl Field for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        match from.octet()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Corrupt("not a truth value")),
        }
    }
}

impl Field for u32 {
    fn put(&self, out: &mut Vec<u8>) {
        put_uint(out, u64::from(*self));
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(from.uint32()?)
    }
}

impl Field for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        put_uint(out, *self);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(from.uint()?)
    }
}

impl Field for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.as_bytes());
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(from.text()?.to_owned())
    }
}

impl<const N: usize> Field for [u8; N] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(from.array()?)
    }
}

impl<T: Field> Field for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        bool::take(from)?.then(|| T::take(from)).transpose()
    }
}

impl<T: Field> Field for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_uint(out, self.len() as u64);
        self.iter().for_each(|value| value.put(out));
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        // No capacity from the count: a damaged one would allocate before it is found out.
        (0..from.uint()?).map(|_| T::take(from)).collect()
    }
}

impl<A: Field, B: Field> Field for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok((A::take(from)?, B::take(from)?))
    }
}

/// A struct's fields, one after the other.
macro_rules! fields {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)+
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
                Ok($name { $($field: Field::take(from)?),+ })
            }
        }
    };
}

/// An enum: the variant's number, then its fields.
macro_rules! variants {
    ($name:ident { $($number:literal => $variant:ident $(($($field:ident),+))?),+ $(,)? }) => {
        impl Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $($name::$variant $(($($field),+))? => {
                        out.push($number);
                        $($($field.put(out);)+)?
                    })+
                }
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
                match from.octet()? {
                    $($number => {
                        $($(let $field = Field::take(from)?;)+)?
                        Ok($name::$variant $(($($field),+))?)
                    })+
                    _ => Err(Corrupt(concat!("unknown ", stringify!($name)))),
                }
            }
        }
    };
}

/// A value stored as text that must parse.
macro_rules! as_text {
    ($name:ident, $write:expr, $parse:expr) => {
        impl Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                put_bytes(out, $write(self).as_bytes());
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
                $parse(from.text()?).ok_or(Corrupt(concat!("not a ", stringify!($name))))
            }
        }
    };
}

as_text!(Address, Address::to_string, |text| Address::parse(text).ok());
as_text!(Domain, Domain::as_str, |text| Domain::parse(text).ok());
as_text!(RecipientFilter, RecipientFilter::as_str, |text| RecipientFilter::parse(text).ok());
as_text!(PasswordHash, PasswordHash::as_str, PasswordHash::parse);

impl Field for RecipientId {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Field::take(from).map(RecipientId)
    }
}

impl Field for Scopes {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Field::take(from).map(Scopes)
    }
}

impl Field for ChangeNumber {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Field::take(from).map(ChangeNumber)
    }
}

impl Field for Attributes {
    fn put(&self, out: &mut Vec<u8>) {
        let all: Vec<_> =
            self.0.iter().map(|(number, text)| (u32::from(*number), text.clone())).collect();
        all.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let all: Vec<(u32, String)> = Field::take(from)?;
        let number = |number| u8::try_from(number).map_err(|_| Corrupt("number of an attribute"));
        let all = all.into_iter().map(|(at, text)| Ok((number(at)?, text)));
        Ok(Attributes(all.collect::<Result<_, Corrupt>>()?))
    }
}

fields!(ScramSecret { salt, iterations, stored_key, server_key });
fields!(Credentials { password, scram });
fields!(AccountProtocols { imap, pop, smtp });
fields!(Account { credentials, administrator, protocols, imap_capabilities_hidden });
fields!(MailboxLocation { server, database, number });
fields!(Quotas { warn, prohibit_send, prohibit_send_receive });
fields!(Forwarding { to, keep_copy });
fields!(RecoverableItems { warn, quota, retention_secs, single_item_recovery });
fields!(Mailbox {
    location,
    quotas,
    forwarding,
    full_access,
    use_database_quota_defaults,
    recoverable_items,
});
fields!(Restrictions { max_receive_octets, accept_only_from, reject_from });
fields!(Recipient {
    id,
    changed,
    alias,
    display_name,
    primary,
    proxies,
    send_as,
    send_on_behalf,
    kind,
    hidden_from_address_lists,
    restrictions,
    attributes,
    manager,
    email_address_policy_enabled,
    throttling_policy,
});
fields!(AcceptedDomain { name, kind, match_sub_domains, catch_all });
fields!(Settings { change, default_domain, postmaster, next_mailbox, scram_key });
fields!(ConfigurationObject { kind, name, document, changed });
fields!(RoleGroup { name, description, roles, members, scope, changed });
fields!(ModifiedProperty { name, old, new });
fields!(AuditEntry { time, caller, verb, parameters, object, modified, error, server });
fields!(AppSecret { salt, tag });
fields!(AppPassword { name, secret, scopes, created, expires });
fields!(AppPasswords { account, passwords });

/// Stands beside [`GroupReports`] in a group's last octet; in older rows it is not set.
const AUTOMATIC_REPLIES: u8 = 0x80;

impl Field for Group {
    fn put(&self, out: &mut Vec<u8>) {
        self.members.put(out);
        self.authenticated_senders_only.put(out);
        self.managed_by.put(out);
        self.reports.put(out);
        if let Some(last) = out.last_mut().filter(|_| self.automatic_replies) {
            *last |= AUTOMATIC_REPLIES;
        }
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let members = Field::take(from)?;
        let authenticated_senders_only = Field::take(from)?;
        let managed_by = Field::take(from)?;
        let last = from.octet()?;
        Ok(Group {
            members,
            authenticated_senders_only,
            managed_by,
            reports: whole(&[last & !AUTOMATIC_REPLIES])?,
            automatic_replies: last & AUTOMATIC_REPLIES != 0,
        })
    }
}

variants!(ProxyAddress { 1 => Smtp(address), 2 => X500(name) });
variants!(ForwardTo { 1 => Recipient(id), 2 => Address(address) });
variants!(Kind {
    1 => UserMailbox(account, mailbox),
    2 => SharedMailbox(mailbox),
    3 => MailContact(target),
    4 => MailUser(account, target),
    5 => Group(group),
    6 => RoomMailbox(mailbox),
    7 => EquipmentMailbox(mailbox),
    8 => DynamicGroup(group, filter),
    9 => User(account),
});
variants!(GroupReports { 1 => Originator, 2 => Manager, 3 => Nobody });
variants!(DomainKind { 1 => Authoritative, 2 => InternalRelay, 3 => ExternalRelay });

/// A row: its fields and nothing behind them.
macro_rules! record {
    ($name:ident, $version:literal) => {
        impl Record for $name {
            const VERSION: u8 = $version;

            fn encode(&self, out: &mut Vec<u8>) {
                self.put(out);
            }

            fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
                whole(payload)
            }
        }
    };
}

fn whole<T: Field>(payload: &[u8]) -> Result<T, Corrupt> {
    let mut reader = Reader::new(payload);
    let value = T::take(&mut reader)?;
    if reader.is_empty() { Ok(value) } else { Err(Corrupt("octets left over")) }
}

impl Record for PhotoRow {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn decode(_version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        Ok(PhotoRow(payload.to_vec()))
    }
}

impl Record for Recipient {
    /// The second version has more of a mailbox; the third more of a group, and what stands
    /// behind the kind; the fourth attributes and what follows them; the fifth a throttling policy.
    const VERSION: u8 = 5;

    fn encode(&self, out: &mut Vec<u8>) {
        self.put(out);
    }

    fn decode(version: u8, payload: &[u8]) -> Result<Self, Corrupt> {
        match version {
            1 => lengthened(payload, &[nothing, mailbox_of_the_second, group_of_the_third]),
            2 => lengthened(payload, &[nothing, group_of_the_third]),
            3 => with_the_fourth(payload.to_vec()),
            4 => with_the_fifth(payload.to_vec()),
            _ => whole(payload),
        }
    }
}

/// What an older form has not at the end of a recipient's kind.
type Missing = fn(&mut Vec<u8>);

fn nothing(_: &mut Vec<u8>) {}

fn mailbox_of_the_second(row: &mut Vec<u8>) {
    false.put(row);
    RecoverableItems::default().put(row);
}

fn group_of_the_third(row: &mut Vec<u8>) {
    Vec::<RecipientId>::new().put(row);
    GroupReports::default().put(row);
}

/// Reads a row of the third version.
fn with_the_fourth(mut row: Vec<u8>) -> Result<Recipient, Corrupt> {
    Attributes::default().put(&mut row);
    None::<RecipientId>.put(&mut row);
    false.put(&mut row);
    with_the_fifth(row)
}

/// Reads a row of the fourth version.
fn with_the_fifth(mut row: Vec<u8>) -> Result<Recipient, Corrupt> {
    None::<String>.put(&mut row);
    whole(&row)
}

/// Reads an older row. Which addition it lacks depends on its kind; they differ in length, so
/// that a row fits with one of them only.
fn lengthened(payload: &[u8], candidates: &[Missing]) -> Result<Recipient, Corrupt> {
    let read = |missing: &Missing| {
        let mut row = payload.to_vec();
        missing(&mut row);
        false.put(&mut row);
        Restrictions::default().put(&mut row);
        with_the_fourth(row)
    };
    let mut read = candidates.iter().map(read);
    read.find(Result::is_ok).unwrap_or(Err(Corrupt("recipient of an older form")))
}

record!(AcceptedDomain, 1);
record!(Settings, 1);
record!(AuditEntry, 1);
record!(ConfigurationObject, 1);
record!(RoleGroup, 1);
record!(AppPasswords, 1);

#[cfg(test)]
mod tests;
