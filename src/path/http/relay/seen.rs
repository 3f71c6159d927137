use super::{After, Relay};
use crate::journal::ObservedEnd;
use crate::path::http::asked::Asked;
use crate::path::http::broken::Broken;
use crate::path::http::lesson::Lesson;
use crate::path::leg::Leg;
use crate::path::ways::{Denied, unreachable};

/// Tells how an exchange of a program that is not ours has ended. What has become a stream goes on.
pub(super) fn seen(leg: &Leg, ended: &Result<After, Broken>) {
    let Some(eye) = leg.eye() else { return };
    match ended {
        Ok(After::Next | After::Ends) => eye.exchanged(),
        Ok(After::Upgraded(..)) => {}
        Err(Broken::Unreachable(error)) => {
            eye.answers(unreachable(error).0, false);
            let denied = Denied::within(error).is_some();
            eye.ended(if denied { ObservedEnd::Denied } else { ObservedEnd::Unreachable });
        }
        Err(Broken::Client(_) | Broken::Gone) => eye.ended(ObservedEnd::Left),
        Err(Broken::Endpoint(_) | Broken::Switched | Broken::Silenced | Broken::Fault(_)) => {
            eye.ended(ObservedEnd::Broken);
        }
    }
}

impl Relay<'_> {
    /// What a whole request tells of what it is about.
    pub(super) fn learn(&self, lesson: Option<&Lesson>, asked: &mut Asked) {
        let Some(lesson) = lesson else { return };
        lesson.tell(self.leg, &mut asked.about);
        if let Some(eye) = self.leg.eye() {
            eye.is_about(asked.about);
        }
    }
}
