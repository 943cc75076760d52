//! Photos of people: Get-, Set- and Remove-UserPhoto.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use directory::Photo;

use super::person::USER;
use crate::verb::{
    Cmdlet, Effect, Expected, Identity, Object, Role, Scalar, Session, Shape, Verb, VerbError,
    object, verb,
};

pub(super) const VERBS: &[Verb] =
    &[Verb::of::<GetUserPhoto>(), Verb::of::<SetUserPhoto>(), Verb::of::<RemoveUserPhoto>()];

object! {
    /// The photo of somebody.
    pub struct UserPhotoObject = "UserPhoto" [identity, media_type, size] {
        /// Whose it is.
        identity: String,
        /// image/jpeg or image/png.
        media_type: &'static str,
        /// In octets.
        size: usize,
        /// The photo, in base64.
        picture_data: String,
    }
}

verb! {
    /// Shows the photo of a user.
    pub struct GetUserPhoto = "Get-UserPhoto" (Role::ViewOnlyRecipients, Effect::Read) {
        /// The user.
        identity: Identity = first,
    }
}

verb! {
    /// Gives a user a photo, in place of the one before.
    pub struct SetUserPhoto = "Set-UserPhoto" (Role::UserOptions, Effect::Change) {
        /// The user.
        identity: Identity = first,
        /// The photo, a JPEG or PNG of at most 48 KB, in base64: `$(base64 -w0 anna.jpg)`.
        picture_data: PictureData,
    }
}

verb! {
    /// Takes the photo of a user away.
    pub struct RemoveUserPhoto = "Remove-UserPhoto" (Role::UserOptions, Effect::Destroy) {
        /// The user.
        identity: Identity = first,
    }
}

/// A photo in base64.
pub struct PictureData(Photo);

impl Scalar for PictureData {
    const SHAPE: Shape = Shape::Text;

    fn parse(text: &str) -> Result<Self, Expected> {
        let joined: String = text.split_ascii_whitespace().collect();
        let octets = BASE64_STANDARD.decode(joined);
        let octets = octets.map_err(|_| Expected("a photo in base64".to_owned()))?;
        Photo::new(octets).map(PictureData).map_err(|error| Expected(format!("a photo: {error}")))
    }
}

impl Cmdlet for GetUserPhoto {
    type Answer = Vec<UserPhotoObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        let user = USER.find(session, &self.identity)?;
        let photo = session.directory().photo(user.id).await?;
        let missing =
            || VerbError::NotFound { what: "photo of", identity: self.identity.0.clone() };
        Ok(vec![shown(user.primary.to_string(), &photo.ok_or_else(missing)?)])
    }
}

impl Cmdlet for SetUserPhoto {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        let PictureData(photo) = self.picture_data;
        change(session, &self.identity, "Setting", Some(photo)).await
    }
}

impl Cmdlet for RemoveUserPhoto {
    type Answer = ();

    async fn run(self, session: &Session<'_>) -> Result<(), VerbError> {
        change(session, &self.identity, "Removing", None).await
    }
}

async fn change(
    session: &Session<'_>,
    identity: &Identity,
    doing: &str,
    photo: Option<Photo>,
) -> Result<(), VerbError> {
    let user = USER.find(session, identity)?;
    let name = user.primary.to_string();
    session.may_change(&user)?;
    if !session.should_process(format!("{doing} the photo of {name}")) {
        return Ok(());
    }
    let before = session.directory().photo(user.id).await?;
    let object = |photo: &Photo| Object::of(&shown(name.clone(), photo));
    let was = before.as_ref().map(object).transpose()?;
    let is = photo.as_ref().map(object).transpose()?;
    session.directory().set_photo(user.id, photo).await?;
    session.modified(name, was.as_ref(), is.as_ref());
    Ok(())
}

fn shown(identity: String, photo: &Photo) -> UserPhotoObject {
    UserPhotoObject {
        identity,
        media_type: photo.format().media_type(),
        size: photo.octets().len(),
        picture_data: BASE64_STANDARD.encode(photo.octets()),
    }
}
