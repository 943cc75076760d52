//! Export-Message: what a waiting message says, octet by octet.

use super::{WaitingIdentity, meant};
use crate::verb::{Cmdlet, Effect, Octets, Role, Session, VerbError, object, verb};

object! {
    /// Octets that are a file.
    pub struct BinaryFileDataObject = "BinaryFileData" [file_data] {
        /// The octets.
        file_data: Octets,
    }
}

verb! {
    /// Gives the octets of a message that waits, as it was accepted: a file of Internet mail. The
    /// message must be suspended. The command line writes them to standard output:
    /// `rialto export-message MAIL1\7\12 > message.eml`.
    pub struct ExportMessage = "Export-Message" (Role::TransportQueues, Effect::Change) {
        /// The message.
        identity: WaitingIdentity = first,
    }
}

impl Cmdlet for ExportMessage {
    type Answer = Vec<BinaryFileDataObject>;

    // It changes nothing, and whoever reads other people's mail stands in the audit log.
    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let Some((transport, id)) = meant(session, &self.identity, "Exporting").await? else {
            return Ok(Vec::new());
        };
        let file_data = Octets(transport.export_message(id).await?);
        Ok(vec![BinaryFileDataObject { file_data }])
    }
}
