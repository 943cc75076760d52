//! Property sets and the well-known named properties of [MS-OXPROPS].
//!
//! A name's place in [`KNOWN`] is its compiled-in number and is stored in bags: rows are only
//! ever appended.

use std::{collections::HashMap, sync::LazyLock};

use super::{Guid, NameKind, PropertyName, PropertyType};

macro_rules! sets {
    ($($name:ident $guid:literal,)*) => {
        $(#[doc = concat!("Property set ", stringify!($name), ".")]
        pub const $name: Guid = Guid::from_u128($guid);)*
    };
}

sets! {
    PS_MAPI 0x00020328_0000_0000_C000_000000000046,
    PS_PUBLIC_STRINGS 0x00020329_0000_0000_C000_000000000046,
    PS_INTERNET_HEADERS 0x00020386_0000_0000_C000_000000000046,
    PSETID_APPOINTMENT 0x00062002_0000_0000_C000_000000000046,
    PSETID_TASK 0x00062003_0000_0000_C000_000000000046,
    PSETID_ADDRESS 0x00062004_0000_0000_C000_000000000046,
    PSETID_COMMON 0x00062008_0000_0000_C000_000000000046,
    PSETID_LOG 0x0006200A_0000_0000_C000_000000000046,
    PSETID_NOTE 0x0006200E_0000_0000_C000_000000000046,
    PSETID_SHARING 0x00062040_0000_0000_C000_000000000046,
    PSETID_POST_RSS 0x00062041_0000_0000_C000_000000000046,
    PSETID_MEETING 0x6ED8DA90_450B_101B_98DA_00AA003F1305,
    PSETID_CALENDAR_ASSISTANT 0x11000E07_B51B_40D6_AF21_CAA85EDAB1D0,
    PSETID_UNIFIED_MESSAGING 0x4442858E_A9E3_4E80_B900_317A210CC15B,
    PSETID_AIR_SYNC 0x71035549_0739_4DCB_9163_00F0580DBBDF,
    PSETID_ATTACHMENT 0x96357F7F_59E1_47D0_99A7_46515C183B54,
    PSETID_XML_EXTRACTED_ENTITIES 0x23239608_685D_4732_9C55_4C95CB4E8E33,
}

/// LID of PidLidFlagRequest in [`PSETID_COMMON`]: the text of a follow-up flag.
pub const FLAG_REQUEST: u32 = 0x8530;

/// LIDs of the e-mail addresses of a contact in [`PSETID_ADDRESS`]: PidLidEmail1EmailAddress to
/// PidLidEmail3EmailAddress.
pub const CONTACT_EMAIL_ADDRESSES: [u32; 3] = [0x8083, 0x8093, 0x80A3];

/// The part of a known name within its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// A LID.
    Id(u32),
    /// A text.
    Text(&'static str),
}

/// A named property that the documents define.
#[derive(Clone, Copy, Debug)]
pub struct KnownName {
    /// Its set.
    pub set: Guid,
    /// Its name within the set.
    pub local: Local,
    /// Canonical name without `PidLid` or `PidName`.
    pub canonical: &'static str,
    /// Type of its value.
    pub property_type: PropertyType,
}

impl KnownName {
    /// Set and name.
    pub fn name(&self) -> PropertyName {
        let kind = match self.local {
            Local::Id(lid) => NameKind::Id(lid),
            Local::Text(text) => NameKind::String(text.to_owned()),
        };
        PropertyName { set: self.set, kind }
    }
}

/// The known name with this number.
pub fn known(number: u16) -> Option<&'static KnownName> {
    KNOWN.get(usize::from(number))
}

/// The number of a name, if it is well-known.
pub fn number_of(name: &PropertyName) -> Option<u16> {
    static NUMBERS: LazyLock<HashMap<PropertyName, u16>> =
        LazyLock::new(|| KNOWN.iter().map(KnownName::name).zip(0..).collect());
    NUMBERS.get(name).copied()
}

const fn lid(
    set: Guid,
    lid: u32,
    canonical: &'static str,
    property_type: PropertyType,
) -> KnownName {
    KnownName { set, local: Local::Id(lid), canonical, property_type }
}

const fn text(
    set: Guid,
    name: &'static str,
    canonical: &'static str,
    property_type: PropertyType,
) -> KnownName {
    KnownName { set, local: Local::Text(name), canonical, property_type }
}

use PropertyType::{
    Binary, Boolean, Floating64, Guid as GuidType, Integer16, Integer32, MultipleBinary,
    MultipleInteger32, MultipleString, String, Time,
};

/// All known names; the place is the number. Append only.
#[rustfmt::skip]
pub const KNOWN: &[KnownName] = &[
    lid(PSETID_APPOINTMENT, 0x8201, "AppointmentSequence", Integer32),
    lid(PSETID_APPOINTMENT, 0x8202, "AppointmentSequenceTime", Time),
    lid(PSETID_APPOINTMENT, 0x8203, "AppointmentLastSequence", Integer32),
    lid(PSETID_APPOINTMENT, 0x8204, "ChangeHighlight", Integer32),
    lid(PSETID_APPOINTMENT, 0x8205, "BusyStatus", Integer32),
    lid(PSETID_APPOINTMENT, 0x8206, "FExceptionalBody", Boolean),
    lid(PSETID_APPOINTMENT, 0x8207, "AppointmentAuxiliaryFlags", Integer32),
    lid(PSETID_APPOINTMENT, 0x8208, "Location", String),
    lid(PSETID_APPOINTMENT, 0x8209, "MeetingWorkspaceUrl", String),
    lid(PSETID_APPOINTMENT, 0x820A, "ForwardInstance", Boolean),
    lid(PSETID_APPOINTMENT, 0x820C, "LinkedTaskItems", MultipleBinary),
    lid(PSETID_APPOINTMENT, 0x820D, "AppointmentStartWhole", Time),
    lid(PSETID_APPOINTMENT, 0x820E, "AppointmentEndWhole", Time),
    lid(PSETID_APPOINTMENT, 0x820F, "AppointmentStartTime", Time),
    lid(PSETID_APPOINTMENT, 0x8210, "AppointmentEndTime", Time),
    lid(PSETID_APPOINTMENT, 0x8211, "AppointmentEndDate", Time),
    lid(PSETID_APPOINTMENT, 0x8212, "AppointmentStartDate", Time),
    lid(PSETID_APPOINTMENT, 0x8213, "AppointmentDuration", Integer32),
    lid(PSETID_APPOINTMENT, 0x8214, "AppointmentColor", Integer32),
    lid(PSETID_APPOINTMENT, 0x8215, "AppointmentSubType", Boolean),
    lid(PSETID_APPOINTMENT, 0x8216, "AppointmentRecur", Binary),
    lid(PSETID_APPOINTMENT, 0x8217, "AppointmentStateFlags", Integer32),
    lid(PSETID_APPOINTMENT, 0x8218, "ResponseStatus", Integer32),
    lid(PSETID_APPOINTMENT, 0x8220, "AppointmentReplyTime", Time),
    lid(PSETID_APPOINTMENT, 0x8223, "Recurring", Boolean),
    lid(PSETID_APPOINTMENT, 0x8224, "IntendedBusyStatus", Integer32),
    lid(PSETID_APPOINTMENT, 0x8226, "AppointmentUpdateTime", Time),
    lid(PSETID_APPOINTMENT, 0x8228, "ExceptionReplaceTime", Time),
    lid(PSETID_APPOINTMENT, 0x8229, "FInvited", Boolean),
    lid(PSETID_APPOINTMENT, 0x822B, "FExceptionalAttendees", Boolean),
    lid(PSETID_APPOINTMENT, 0x822E, "OwnerName", String),
    lid(PSETID_APPOINTMENT, 0x822F, "FOthersAppointment", Boolean),
    lid(PSETID_APPOINTMENT, 0x8230, "AppointmentReplyName", String),
    lid(PSETID_APPOINTMENT, 0x8231, "RecurrenceType", Integer32),
    lid(PSETID_APPOINTMENT, 0x8232, "RecurrencePattern", String),
    lid(PSETID_APPOINTMENT, 0x8233, "TimeZoneStruct", Binary),
    lid(PSETID_APPOINTMENT, 0x8234, "TimeZoneDescription", String),
    lid(PSETID_APPOINTMENT, 0x8235, "ClipStart", Time),
    lid(PSETID_APPOINTMENT, 0x8236, "ClipEnd", Time),
    lid(PSETID_APPOINTMENT, 0x8237, "OriginalStoreEntryId", Binary),
    lid(PSETID_APPOINTMENT, 0x8238, "AllAttendeesString", String),
    lid(PSETID_APPOINTMENT, 0x823A, "AutoFillLocation", Boolean),
    lid(PSETID_APPOINTMENT, 0x823B, "ToAttendeesString", String),
    lid(PSETID_APPOINTMENT, 0x823C, "CcAttendeesString", String),
    lid(PSETID_APPOINTMENT, 0x8240, "ConferencingCheck", Boolean),
    lid(PSETID_APPOINTMENT, 0x8241, "ConferencingType", Integer32),
    lid(PSETID_APPOINTMENT, 0x8242, "Directory", String),
    lid(PSETID_APPOINTMENT, 0x8243, "OrganizerAlias", String),
    lid(PSETID_APPOINTMENT, 0x8244, "AutoStartCheck", Boolean),
    lid(PSETID_APPOINTMENT, 0x8246, "AllowExternalCheck", Boolean),
    lid(PSETID_APPOINTMENT, 0x8247, "CollaborateDoc", String),
    lid(PSETID_APPOINTMENT, 0x8248, "NetShowUrl", String),
    lid(PSETID_APPOINTMENT, 0x8249, "OnlinePassword", String),
    lid(PSETID_APPOINTMENT, 0x8250, "AppointmentProposedStartWhole", Time),
    lid(PSETID_APPOINTMENT, 0x8251, "AppointmentProposedEndWhole", Time),
    lid(PSETID_APPOINTMENT, 0x8256, "AppointmentProposedDuration", Integer32),
    lid(PSETID_APPOINTMENT, 0x8257, "AppointmentCounterProposal", Boolean),
    lid(PSETID_APPOINTMENT, 0x8259, "AppointmentProposalNumber", Integer32),
    lid(PSETID_APPOINTMENT, 0x825A, "AppointmentNotAllowPropose", Boolean),
    lid(PSETID_APPOINTMENT, 0x825D, "AppointmentUnsendableRecipients", Binary),
    lid(PSETID_APPOINTMENT, 0x825E, "AppointmentTimeZoneDefinitionStartDisplay", Binary),
    lid(PSETID_APPOINTMENT, 0x825F, "AppointmentTimeZoneDefinitionEndDisplay", Binary),
    lid(PSETID_APPOINTMENT, 0x8260, "AppointmentTimeZoneDefinitionRecur", Binary),
    lid(PSETID_APPOINTMENT, 0x8261, "ForwardNotificationRecipients", Binary),
    lid(PSETID_APPOINTMENT, 0x827A, "InboundICalStream", Binary),
    lid(PSETID_APPOINTMENT, 0x827B, "SingleBodyICal", Boolean),
    lid(PSETID_MEETING, 0x0001, "AttendeeCriticalChange", Time),
    lid(PSETID_MEETING, 0x0002, "Where", String),
    lid(PSETID_MEETING, 0x0003, "GlobalObjectId", Binary),
    lid(PSETID_MEETING, 0x0004, "IsSilent", Boolean),
    lid(PSETID_MEETING, 0x0005, "IsRecurring", Boolean),
    lid(PSETID_MEETING, 0x0006, "RequiredAttendees", String),
    lid(PSETID_MEETING, 0x0007, "OptionalAttendees", String),
    lid(PSETID_MEETING, 0x0008, "ResourceAttendees", String),
    lid(PSETID_MEETING, 0x0009, "DelegateMail", Boolean),
    lid(PSETID_MEETING, 0x000A, "IsException", Boolean),
    lid(PSETID_MEETING, 0x000C, "TimeZone", Integer32),
    lid(PSETID_MEETING, 0x000D, "StartRecurrenceDate", Integer32),
    lid(PSETID_MEETING, 0x000E, "StartRecurrenceTime", Integer32),
    lid(PSETID_MEETING, 0x000F, "EndRecurrenceDate", Integer32),
    lid(PSETID_MEETING, 0x0010, "EndRecurrenceTime", Integer32),
    lid(PSETID_MEETING, 0x0011, "DayInterval", Integer16),
    lid(PSETID_MEETING, 0x0012, "WeekInterval", Integer16),
    lid(PSETID_MEETING, 0x0013, "MonthInterval", Integer16),
    lid(PSETID_MEETING, 0x0014, "YearInterval", Integer16),
    lid(PSETID_MEETING, 0x0017, "MonthOfYearMask", Integer32),
    lid(PSETID_MEETING, 0x0018, "OldRecurrenceType", Integer16),
    lid(PSETID_MEETING, 0x001A, "OwnerCriticalChange", Time),
    lid(PSETID_MEETING, 0x001C, "CalendarType", Integer32),
    lid(PSETID_MEETING, 0x0023, "CleanGlobalObjectId", Binary),
    lid(PSETID_MEETING, 0x0024, "AppointmentMessageClass", String),
    lid(PSETID_MEETING, 0x0026, "MeetingType", Integer32),
    lid(PSETID_MEETING, 0x0028, "OldLocation", String),
    lid(PSETID_MEETING, 0x0029, "OldWhenStartWhole", Time),
    lid(PSETID_MEETING, 0x002A, "OldWhenEndWhole", Time),
    lid(PSETID_CALENDAR_ASSISTANT, 0x0015, "ClientIntent", Integer32),
    lid(PSETID_CALENDAR_ASSISTANT, 0x85CC, "ServerProcessed", Boolean),
    lid(PSETID_CALENDAR_ASSISTANT, 0x85CD, "ServerProcessingActions", Integer32),
    lid(PSETID_COMMON, 0x1000, "DayOfMonth", Integer32),
    lid(PSETID_COMMON, 0x1001, "ICalendarDayOfWeekMask", Integer32),
    lid(PSETID_COMMON, 0x1005, "Occurrences", Integer32),
    lid(PSETID_COMMON, 0x1006, "MonthOfYear", Integer32),
    lid(PSETID_COMMON, 0x100B, "NoEndDateFlag", Boolean),
    lid(PSETID_COMMON, 0x100D, "RecurrenceDuration", Integer32),
    lid(PSETID_COMMON, 0x8045, "PromptSendUpdate", Boolean),
    lid(PSETID_COMMON, 0x8501, "ReminderDelta", Integer32),
    lid(PSETID_COMMON, 0x8502, "ReminderTime", Time),
    lid(PSETID_COMMON, 0x8503, "ReminderSet", Boolean),
    lid(PSETID_COMMON, 0x8504, "ReminderTimeTime", Time),
    lid(PSETID_COMMON, 0x8505, "ReminderTimeDate", Time),
    lid(PSETID_COMMON, 0x8506, "Private", Boolean),
    lid(PSETID_COMMON, 0x850E, "AgingDontAgeMe", Boolean),
    lid(PSETID_COMMON, 0x8510, "SideEffects", Integer32),
    lid(PSETID_COMMON, 0x8511, "RemoteStatus", Integer32),
    lid(PSETID_COMMON, 0x8514, "SmartNoAttach", Boolean),
    lid(PSETID_COMMON, 0x8516, "CommonStart", Time),
    lid(PSETID_COMMON, 0x8517, "CommonEnd", Time),
    lid(PSETID_COMMON, 0x8518, "TaskMode", Integer32),
    lid(PSETID_COMMON, 0x8519, "TaskGlobalId", Binary),
    lid(PSETID_COMMON, 0x851A, "AutoProcessState", Integer32),
    lid(PSETID_COMMON, 0x851C, "ReminderOverride", Boolean),
    lid(PSETID_COMMON, 0x851D, "ReminderType", Integer32),
    lid(PSETID_COMMON, 0x851E, "ReminderPlaySound", Boolean),
    lid(PSETID_COMMON, 0x851F, "ReminderFileParameter", String),
    lid(PSETID_COMMON, 0x8520, "VerbStream", Binary),
    lid(PSETID_COMMON, 0x8524, "VerbResponse", String),
    lid(PSETID_COMMON, 0x8530, "FlagRequest", String),
    lid(PSETID_COMMON, 0x8535, "Billing", String),
    lid(PSETID_COMMON, 0x8536, "NonSendableTo", String),
    lid(PSETID_COMMON, 0x8537, "NonSendableCc", String),
    lid(PSETID_COMMON, 0x8538, "NonSendableBcc", String),
    lid(PSETID_COMMON, 0x8539, "Companies", MultipleString),
    lid(PSETID_COMMON, 0x853A, "Contacts", MultipleString),
    lid(PSETID_COMMON, 0x8543, "NonSendToTrackStatus", MultipleInteger32),
    lid(PSETID_COMMON, 0x8544, "NonSendCcTrackStatus", MultipleInteger32),
    lid(PSETID_COMMON, 0x8545, "NonSendBccTrackStatus", MultipleInteger32),
    lid(PSETID_COMMON, 0x8552, "CurrentVersion", Integer32),
    lid(PSETID_COMMON, 0x8554, "CurrentVersionName", String),
    lid(PSETID_COMMON, 0x8560, "ReminderSignalTime", Time),
    lid(PSETID_COMMON, 0x8580, "InternetAccountName", String),
    lid(PSETID_COMMON, 0x8581, "InternetAccountStamp", String),
    lid(PSETID_COMMON, 0x8582, "UseTnef", Boolean),
    lid(PSETID_COMMON, 0x8584, "ContactLinkSearchKey", Binary),
    lid(PSETID_COMMON, 0x8585, "ContactLinkEntry", Binary),
    lid(PSETID_COMMON, 0x8586, "ContactLinkName", String),
    lid(PSETID_COMMON, 0x859C, "SpamOriginalFolder", Binary),
    lid(PSETID_COMMON, 0x85A0, "ToDoOrdinalDate", Time),
    lid(PSETID_COMMON, 0x85A1, "ToDoSubOrdinal", String),
    lid(PSETID_COMMON, 0x85A4, "ToDoTitle", String),
    lid(PSETID_COMMON, 0x85B1, "InfoPathFormName", String),
    lid(PSETID_COMMON, 0x85B5, "Classified", Boolean),
    lid(PSETID_COMMON, 0x85B6, "Classification", String),
    lid(PSETID_COMMON, 0x85B7, "ClassificationDescription", String),
    lid(PSETID_COMMON, 0x85B8, "ClassificationGuid", String),
    lid(PSETID_COMMON, 0x85BA, "ClassificationKeep", Boolean),
    lid(PSETID_COMMON, 0x85BD, "ReferenceEntryId", Binary),
    lid(PSETID_COMMON, 0x85BF, "ValidFlagStringProof", Time),
    lid(PSETID_COMMON, 0x85C0, "FlagString", Integer32),
    lid(PSETID_COMMON, 0x85C6, "ConversationActionMoveFolderEid", Binary),
    lid(PSETID_COMMON, 0x85C7, "ConversationActionMoveStoreEid", Binary),
    lid(PSETID_COMMON, 0x85C8, "ConversationActionMaxDeliveryTime", Time),
    lid(PSETID_COMMON, 0x85C9, "ConversationProcessed", Integer32),
    lid(PSETID_COMMON, 0x85CA, "ConversationActionLastAppliedTime", Time),
    lid(PSETID_COMMON, 0x85CB, "ConversationActionVersion", Integer32),
    lid(PSETID_COMMON, 0x85E0, "PendingStateForSiteMailboxDocument", Integer32),
    lid(PSETID_TASK, 0x8101, "TaskStatus", Integer32),
    lid(PSETID_TASK, 0x8102, "PercentComplete", Floating64),
    lid(PSETID_TASK, 0x8103, "TeamTask", Boolean),
    lid(PSETID_TASK, 0x8104, "TaskStartDate", Time),
    lid(PSETID_TASK, 0x8105, "TaskDueDate", Time),
    lid(PSETID_TASK, 0x8107, "TaskResetReminder", Boolean),
    lid(PSETID_TASK, 0x8108, "TaskAccepted", Boolean),
    lid(PSETID_TASK, 0x8109, "TaskDeadOccurrence", Boolean),
    lid(PSETID_TASK, 0x810F, "TaskDateCompleted", Time),
    lid(PSETID_TASK, 0x8110, "TaskActualEffort", Integer32),
    lid(PSETID_TASK, 0x8111, "TaskEstimatedEffort", Integer32),
    lid(PSETID_TASK, 0x8112, "TaskVersion", Integer32),
    lid(PSETID_TASK, 0x8113, "TaskState", Integer32),
    lid(PSETID_TASK, 0x8115, "TaskLastUpdate", Time),
    lid(PSETID_TASK, 0x8116, "TaskRecurrence", Binary),
    lid(PSETID_TASK, 0x8117, "TaskAssigners", Binary),
    lid(PSETID_TASK, 0x8119, "TaskStatusOnComplete", Boolean),
    lid(PSETID_TASK, 0x811A, "TaskHistory", Integer32),
    lid(PSETID_TASK, 0x811B, "TaskUpdates", Boolean),
    lid(PSETID_TASK, 0x811C, "TaskComplete", Boolean),
    lid(PSETID_TASK, 0x811E, "TaskFCreator", Boolean),
    lid(PSETID_TASK, 0x811F, "TaskOwner", String),
    lid(PSETID_TASK, 0x8120, "TaskMultipleRecipients", Integer32),
    lid(PSETID_TASK, 0x8121, "TaskAssigner", String),
    lid(PSETID_TASK, 0x8122, "TaskLastUser", String),
    lid(PSETID_TASK, 0x8123, "TaskOrdinal", Integer32),
    lid(PSETID_TASK, 0x8124, "TaskNoCompute", Boolean),
    lid(PSETID_TASK, 0x8125, "TaskLastDelegate", String),
    lid(PSETID_TASK, 0x8126, "TaskFRecurring", Boolean),
    lid(PSETID_TASK, 0x8127, "TaskRole", String),
    lid(PSETID_TASK, 0x8129, "TaskOwnership", Integer32),
    lid(PSETID_TASK, 0x812A, "TaskAcceptanceState", Integer32),
    lid(PSETID_TASK, 0x812C, "TaskFFixOffline", Boolean),
    lid(PSETID_TASK, 0x8139, "TaskCustomFlags", Integer32),
    lid(PSETID_ADDRESS, 0x8005, "FileUnder", String),
    lid(PSETID_ADDRESS, 0x8006, "FileUnderId", Integer32),
    lid(PSETID_ADDRESS, 0x8007, "ContactItemData", MultipleInteger32),
    lid(PSETID_ADDRESS, 0x8010, "Department", String),
    lid(PSETID_ADDRESS, 0x8015, "HasPicture", Boolean),
    lid(PSETID_ADDRESS, 0x801A, "HomeAddress", String),
    lid(PSETID_ADDRESS, 0x801B, "WorkAddress", String),
    lid(PSETID_ADDRESS, 0x801C, "OtherAddress", String),
    lid(PSETID_ADDRESS, 0x8022, "PostalAddressId", Integer32),
    lid(PSETID_ADDRESS, 0x8023, "ContactCharacterSet", Integer32),
    lid(PSETID_ADDRESS, 0x8025, "AutoLog", Boolean),
    lid(PSETID_ADDRESS, 0x8026, "FileUnderList", MultipleInteger32),
    lid(PSETID_ADDRESS, 0x8028, "AddressBookProviderEmailList", MultipleInteger32),
    lid(PSETID_ADDRESS, 0x8029, "AddressBookProviderArrayType", Integer32),
    lid(PSETID_ADDRESS, 0x802B, "Html", String),
    lid(PSETID_ADDRESS, 0x802C, "YomiFirstName", String),
    lid(PSETID_ADDRESS, 0x802D, "YomiLastName", String),
    lid(PSETID_ADDRESS, 0x802E, "YomiCompanyName", String),
    lid(PSETID_ADDRESS, 0x8040, "BusinessCardDisplayDefinition", Binary),
    lid(PSETID_ADDRESS, 0x8041, "BusinessCardCardPicture", Binary),
    lid(PSETID_ADDRESS, 0x8045, "WorkAddressStreet", String),
    lid(PSETID_ADDRESS, 0x8046, "WorkAddressCity", String),
    lid(PSETID_ADDRESS, 0x8047, "WorkAddressState", String),
    lid(PSETID_ADDRESS, 0x8048, "WorkAddressPostalCode", String),
    lid(PSETID_ADDRESS, 0x8049, "WorkAddressCountry", String),
    lid(PSETID_ADDRESS, 0x804A, "WorkAddressPostOfficeBox", String),
    lid(PSETID_ADDRESS, 0x804C, "DistributionListChecksum", Integer32),
    lid(PSETID_ADDRESS, 0x804D, "BirthdayEventEntryId", Binary),
    lid(PSETID_ADDRESS, 0x804E, "AnniversaryEventEntryId", Binary),
    lid(PSETID_ADDRESS, 0x804F, "ContactUserField1", String),
    lid(PSETID_ADDRESS, 0x8050, "ContactUserField2", String),
    lid(PSETID_ADDRESS, 0x8051, "ContactUserField3", String),
    lid(PSETID_ADDRESS, 0x8052, "ContactUserField4", String),
    lid(PSETID_ADDRESS, 0x8053, "DistributionListName", String),
    lid(PSETID_ADDRESS, 0x8054, "DistributionListOneOffMembers", MultipleBinary),
    lid(PSETID_ADDRESS, 0x8055, "DistributionListMembers", MultipleBinary),
    lid(PSETID_ADDRESS, 0x8062, "InstantMessagingAddress", String),
    lid(PSETID_ADDRESS, 0x8064, "DistributionListStream", Binary),
    lid(PSETID_ADDRESS, 0x8080, "Email1DisplayName", String),
    lid(PSETID_ADDRESS, 0x8082, "Email1AddressType", String),
    lid(PSETID_ADDRESS, 0x8083, "Email1EmailAddress", String),
    lid(PSETID_ADDRESS, 0x8084, "Email1OriginalDisplayName", String),
    lid(PSETID_ADDRESS, 0x8085, "Email1OriginalEntryId", Binary),
    lid(PSETID_ADDRESS, 0x8090, "Email2DisplayName", String),
    lid(PSETID_ADDRESS, 0x8092, "Email2AddressType", String),
    lid(PSETID_ADDRESS, 0x8093, "Email2EmailAddress", String),
    lid(PSETID_ADDRESS, 0x8094, "Email2OriginalDisplayName", String),
    lid(PSETID_ADDRESS, 0x8095, "Email2OriginalEntryId", Binary),
    lid(PSETID_ADDRESS, 0x80A0, "Email3DisplayName", String),
    lid(PSETID_ADDRESS, 0x80A2, "Email3AddressType", String),
    lid(PSETID_ADDRESS, 0x80A3, "Email3EmailAddress", String),
    lid(PSETID_ADDRESS, 0x80A4, "Email3OriginalDisplayName", String),
    lid(PSETID_ADDRESS, 0x80A5, "Email3OriginalEntryId", Binary),
    lid(PSETID_ADDRESS, 0x80B2, "Fax1AddressType", String),
    lid(PSETID_ADDRESS, 0x80B3, "Fax1EmailAddress", String),
    lid(PSETID_ADDRESS, 0x80B4, "Fax1OriginalDisplayName", String),
    lid(PSETID_ADDRESS, 0x80B5, "Fax1OriginalEntryId", Binary),
    lid(PSETID_ADDRESS, 0x80C2, "Fax2AddressType", String),
    lid(PSETID_ADDRESS, 0x80C3, "Fax2EmailAddress", String),
    lid(PSETID_ADDRESS, 0x80C4, "Fax2OriginalDisplayName", String),
    lid(PSETID_ADDRESS, 0x80C5, "Fax2OriginalEntryId", Binary),
    lid(PSETID_ADDRESS, 0x80D2, "Fax3AddressType", String),
    lid(PSETID_ADDRESS, 0x80D3, "Fax3EmailAddress", String),
    lid(PSETID_ADDRESS, 0x80D4, "Fax3OriginalDisplayName", String),
    lid(PSETID_ADDRESS, 0x80D5, "Fax3OriginalEntryId", Binary),
    lid(PSETID_ADDRESS, 0x80D8, "FreeBusyLocation", String),
    lid(PSETID_ADDRESS, 0x80DA, "HomeAddressCountryCode", String),
    lid(PSETID_ADDRESS, 0x80DB, "WorkAddressCountryCode", String),
    lid(PSETID_ADDRESS, 0x80DC, "OtherAddressCountryCode", String),
    lid(PSETID_ADDRESS, 0x80DD, "AddressCountryCode", String),
    lid(PSETID_ADDRESS, 0x80DE, "BirthdayLocal", Time),
    lid(PSETID_ADDRESS, 0x80DF, "WeddingAnniversaryLocal", Time),
    lid(PSETID_ADDRESS, 0x80E0, "IsContactLinked", Boolean),
    lid(PSETID_ADDRESS, 0x80E2, "ContactLinkedGlobalAddressListEntryId", Binary),
    lid(PSETID_ADDRESS, 0x80E3, "ContactLinkSMTPAddressCache", MultipleString),
    lid(PSETID_ADDRESS, 0x80E5, "ContactLinkLinkRejectHistory", MultipleBinary),
    lid(PSETID_ADDRESS, 0x80E6, "ContactLinkGlobalAddressListLinkState", Integer32),
    lid(PSETID_ADDRESS, 0x80E8, "ContactLinkGlobalAddressListLinkId", GuidType),
    lid(PSETID_NOTE, 0x8B00, "NoteColor", Integer32),
    lid(PSETID_NOTE, 0x8B02, "NoteWidth", Integer32),
    lid(PSETID_NOTE, 0x8B03, "NoteHeight", Integer32),
    lid(PSETID_NOTE, 0x8B04, "NoteX", Integer32),
    lid(PSETID_NOTE, 0x8B05, "NoteY", Integer32),
    lid(PSETID_LOG, 0x8700, "LogType", String),
    lid(PSETID_LOG, 0x8706, "LogStart", Time),
    lid(PSETID_LOG, 0x8707, "LogDuration", Integer32),
    lid(PSETID_LOG, 0x8708, "LogEnd", Time),
    lid(PSETID_LOG, 0x870C, "LogFlags", Integer32),
    lid(PSETID_LOG, 0x870E, "LogDocumentPrinted", Boolean),
    lid(PSETID_LOG, 0x870F, "LogDocumentSaved", Boolean),
    lid(PSETID_LOG, 0x8710, "LogDocumentRouted", Boolean),
    lid(PSETID_LOG, 0x8711, "LogDocumentPosted", Boolean),
    lid(PSETID_LOG, 0x8712, "LogTypeDesc", String),
    lid(PSETID_POST_RSS, 0x8900, "PostRssChannelLink", String),
    lid(PSETID_POST_RSS, 0x8901, "PostRssItemLink", String),
    lid(PSETID_POST_RSS, 0x8902, "PostRssItemHash", Integer32),
    lid(PSETID_POST_RSS, 0x8903, "PostRssItemGuid", String),
    lid(PSETID_POST_RSS, 0x8904, "PostRssChannel", String),
    lid(PSETID_POST_RSS, 0x8905, "PostRssItemXml", String),
    lid(PSETID_POST_RSS, 0x8906, "PostRssSubscription", String),
    lid(PSETID_SHARING, 0x8A00, "SharingStatus", Integer32),
    lid(PSETID_SHARING, 0x8A01, "SharingProviderGuid", GuidType),
    lid(PSETID_SHARING, 0x8A02, "SharingProviderName", String),
    lid(PSETID_SHARING, 0x8A03, "SharingProviderUrl", String),
    lid(PSETID_SHARING, 0x8A04, "SharingRemotePath", String),
    lid(PSETID_SHARING, 0x8A05, "SharingRemoteName", String),
    lid(PSETID_SHARING, 0x8A06, "SharingRemoteUid", String),
    lid(PSETID_SHARING, 0x8A07, "SharingInitiatorName", String),
    lid(PSETID_SHARING, 0x8A08, "SharingInitiatorSmtp", String),
    lid(PSETID_SHARING, 0x8A09, "SharingInitiatorEntryId", Binary),
    lid(PSETID_SHARING, 0x8A0A, "SharingFlags", Integer32),
    lid(PSETID_SHARING, 0x8A0B, "SharingProviderExtension", String),
    lid(PSETID_SHARING, 0x8A0C, "SharingRemoteUser", String),
    lid(PSETID_SHARING, 0x8A0D, "SharingRemotePass", String),
    lid(PSETID_SHARING, 0x8A0E, "SharingLocalPath", String),
    lid(PSETID_SHARING, 0x8A0F, "SharingLocalName", String),
    lid(PSETID_SHARING, 0x8A10, "SharingLocalUid", String),
    lid(PSETID_SHARING, 0x8A13, "SharingFilter", Binary),
    lid(PSETID_SHARING, 0x8A14, "SharingLocalType", String),
    lid(PSETID_SHARING, 0x8A15, "SharingFolderEntryId", Binary),
    lid(PSETID_SHARING, 0x8A17, "SharingCapabilities", Integer32),
    lid(PSETID_SHARING, 0x8A18, "SharingFlavor", Integer32),
    lid(PSETID_SHARING, 0x8A19, "SharingAnonymity", Integer32),
    lid(PSETID_SHARING, 0x8A1A, "SharingReciprocation", Integer32),
    lid(PSETID_SHARING, 0x8A1B, "SharingPermissions", Integer32),
    lid(PSETID_SHARING, 0x8A1C, "SharingInstanceGuid", GuidType),
    lid(PSETID_SHARING, 0x8A1D, "SharingRemoteType", String),
    lid(PSETID_SHARING, 0x8A1E, "SharingParticipants", String),
    lid(PSETID_SHARING, 0x8A1F, "SharingLastSyncTime", Time),
    lid(PSETID_SHARING, 0x8A21, "SharingExtensionXml", String),
    lid(PSETID_SHARING, 0x8A22, "SharingRemoteLastModificationTime", Time),
    lid(PSETID_SHARING, 0x8A23, "SharingLocalLastModificationTime", Time),
    lid(PSETID_SHARING, 0x8A24, "SharingConfigurationUrl", String),
    lid(PSETID_SHARING, 0x8A25, "SharingStart", Time),
    lid(PSETID_SHARING, 0x8A26, "SharingStop", Time),
    lid(PSETID_SHARING, 0x8A27, "SharingResponseType", Integer32),
    lid(PSETID_SHARING, 0x8A28, "SharingResponseTime", Time),
    lid(PSETID_SHARING, 0x8A29, "SharingOriginalMessageEntryId", Binary),
    lid(PSETID_SHARING, 0x8A2A, "SharingSyncInterval", Integer32),
    lid(PSETID_SHARING, 0x8A2B, "SharingDetail", Integer32),
    lid(PSETID_SHARING, 0x8A2C, "SharingTimeToLive", Integer32),
    lid(PSETID_SHARING, 0x8A2D, "SharingBindingEntryId", Binary),
    lid(PSETID_SHARING, 0x8A2E, "SharingIndexEntryId", Binary),
    lid(PSETID_SHARING, 0x8A2F, "SharingRemoteComment", String),
    lid(PSETID_SHARING, 0x8A40, "SharingWorkingHoursStart", Time),
    lid(PSETID_SHARING, 0x8A41, "SharingWorkingHoursEnd", Time),
    lid(PSETID_SHARING, 0x8A42, "SharingWorkingHoursDays", Integer32),
    lid(PSETID_SHARING, 0x8A43, "SharingWorkingHoursTimeZone", Binary),
    lid(PSETID_SHARING, 0x8A44, "SharingDataRangeStart", Time),
    lid(PSETID_SHARING, 0x8A45, "SharingDataRangeEnd", Time),
    lid(PSETID_SHARING, 0x8A46, "SharingRangeStart", Integer32),
    lid(PSETID_SHARING, 0x8A47, "SharingRangeEnd", Integer32),
    lid(PSETID_SHARING, 0x8A48, "SharingRemoteStoreUid", String),
    lid(PSETID_SHARING, 0x8A49, "SharingLocalStoreUid", String),
    lid(PSETID_SHARING, 0x8A4B, "SharingRemoteByteSize", Integer32),
    lid(PSETID_SHARING, 0x8A4C, "SharingRemoteCrc", Integer32),
    lid(PSETID_SHARING, 0x8A4D, "SharingLocalComment", String),
    lid(PSETID_SHARING, 0x8A4E, "SharingRoamLog", Integer32),
    lid(PSETID_SHARING, 0x8A4F, "SharingRemoteMessageCount", Integer32),
    lid(PSETID_SHARING, 0x8A51, "SharingBrowseUrl", String),
    lid(PSETID_SHARING, 0x8A55, "SharingLastAutoSyncTime", Time),
    lid(PSETID_SHARING, 0x8A56, "SharingTimeToLiveAuto", Integer32),
    lid(PSETID_SHARING, 0x8A5B, "SharingRemoteVersion", String),
    lid(PSETID_SHARING, 0x8A5C, "SharingParentBindingEntryId", Binary),
    lid(PSETID_SHARING, 0x8A60, "SharingSyncFlags", Integer32),
    text(PS_PUBLIC_STRINGS, "Keywords", "Keywords", MultipleString),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_name_has_its_own_number() {
        for (at, known_name) in KNOWN.iter().enumerate() {
            let number = number_of(&known_name.name()).unwrap();
            assert_eq!(usize::from(number), at, "{} twice", known_name.canonical);
        }
    }

    /// Numbers are on disk: these must never change.
    #[test]
    fn numbers_stay() {
        let number = |set, lid| number_of(&PropertyName::id(set, lid));
        assert_eq!(number(PSETID_APPOINTMENT, 0x8201), Some(0));
        assert_eq!(number(PSETID_COMMON, 0x8530), Some(126));
        assert_eq!(KNOWN.len(), 365);
    }
}
