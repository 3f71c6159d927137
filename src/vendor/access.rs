//! Which refusals say that somebody is let in no more, and which are about something else.

use super::EndpointKind;

/// Whether a no with this status and code says that whoever sent may not: his token, his key or his account is not good (any more). What is
/// wrong with the message, the place it came from, its number or the service itself is none of that, and a second factor that is asked for
/// can still be shown.
///
/// A 401 says so wherever it comes from (RFC 9110 §15.5.2). Of a service by description no other words are known: there a 403 that has no
/// code of its own says so as well (§15.5.4).
pub fn is_about_access(kind: &EndpointKind, status: u16, code: &str) -> bool {
    // What the ERP says of a clock that is wrong, and two of our own services of a second factor.
    if matches!(code, "stale_signature" | "second_factor_required") {
        return false;
    }
    status == 401
        || match kind {
            EndpointKind::Dingtalk(_) => dingtalk(code),
            EndpointKind::Teams => teams(status, code),
            EndpointKind::Matrix => {
                super::matrix::is_about_token(code)
                    || matches!(code, "M_USER_LOCKED" | "M_USER_SUSPENDED" | "M_USER_DEACTIVATED")
            }
            EndpointKind::Erp(_) | EndpointKind::Documents(_) => code == "account_frozen",
            EndpointKind::Http(_) | EndpointKind::Wire(_) => (status, code) == (403, "403"),
            EndpointKind::Smtp(_) => mail(status, code),
            EndpointKind::Dlp => false,
            EndpointKind::Sso(_) => matches!(code, "invalid_grant" | "invalid_client" | "unauthorized_client"),
            EndpointKind::Gateway(_) => matches!(code, "account_frozen" | "account_muted"),
        }
}

/// The last three are a custom robot's.
fn dingtalk(code: &str) -> bool {
    super::dingtalk::is_about_token(code)
        || matches!(
            code,
            "invalidClientIdOrSecret"
                | "40096"
                | "staffId.notExisted"
                | "60120"
                | "bot.stopped"
                | "bot.forbidden.sendMessage"
                | "50003"
                | "300005"
                | "400101"
                | "400102"
        )
}

/// Graph says 401. Entra's are: disabled, unknown, a wrong password, not assigned, revoked, expired, no grant, and no such application. A
/// connector says 403 or 404 within a 200.
fn teams(status: u16, code: &str) -> bool {
    let entra = ["50057", "50034", "50126", "50105", "50173", "700082", "9002313", "700016"];
    code.strip_prefix("AADSTS").is_some_and(|number| entra.contains(&number))
        || code == "WorkflowTriggerIsNotEnabled"
        || (status == 200 && matches!(code, "403" | "404"))
}

/// RFC 4954 §6 and RFC 5248: 525 a disabled account, 530 nobody has signed in, 535 wrong credentials. A 550 is said of anything: those of the
/// twin about accounts are told by their words.
fn mail(status: u16, code: &str) -> bool {
    let told = ["The account is suspended", "Sending is suspended for this account"];
    matches!(status, 525 | 530 | 535) || (status == 550 && told.iter().any(|words| code.contains(words)))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::super::tests::described;
    use super::super::{Answer, Form, Refusal, login_answer, read_answer, refusal, smtp};
    use super::*;
    use crate::plan::{Capability, Edition, FreezeMode, Gateway, Mail, Sso};
    use crate::units::Span;

    /// What a client makes of a no, in its attempt's record.
    fn told(kind: &EndpointKind, form: &Form, no: &Refusal) -> (u16, String) {
        let (head, body) = refusal(kind, form, no, 1).into_parts();
        let body = futures_util::FutureExt::now_or_never(body.collect()).expect("a full body").expect("never fails");
        let body = body.to_bytes();
        let answer = match form {
            Form::Entra | Form::OAuth | Form::SignIn => {
                login_answer(kind, head.status, &body).expect_err("a no is no token")
            }
            Form::Robot | Form::Connector | Form::Workflow => {
                read_answer(kind, Capability::Webhook, head.status, &body)
            }
            _ => read_answer(kind, Capability::Chat, head.status, &body),
        };
        match answer {
            Answer::Refused(code) | Answer::Unreadable(code) => (head.status.as_u16(), code),
            Answer::Acknowledged { .. } => panic!("{kind:?} {form:?} {no:?} was taken for a yes"),
        }
    }

    fn everywhere() -> Vec<(EndpointKind, Form)> {
        let dingtalk = EndpointKind::Dingtalk(Edition::Mainland);
        vec![
            (dingtalk.clone(), Form::Present),
            (dingtalk.clone(), Form::Topapi("dingtalk.oapi.v2.user.get".into())),
            (dingtalk.clone(), Form::Old),
            (dingtalk, Form::Robot),
            (EndpointKind::Teams, Form::Graph("".into())),
            (EndpointKind::Teams, Form::Entra),
            (EndpointKind::Teams, Form::Connector),
            (EndpointKind::Teams, Form::Workflow),
            (EndpointKind::Matrix, Form::Present),
            (EndpointKind::Matrix, Form::SignIn),
            (EndpointKind::Sso(Sso::default()), Form::OAuth),
            (EndpointKind::Gateway(Gateway::bare(Capability::Chat).into()), Form::Present),
        ]
    }

    #[test]
    fn a_refusal_of_whoever_was_taken_away_is_about_access_and_one_of_a_service_in_trouble_is_not() {
        for (kind, form) in everywhere() {
            // What those hear whom a directory has taken away, signing in or with a token. What a token endpoint or a connector says to a
            // token is not asked: none is shown there.
            let mut gone = vec![Refusal::Frozen(FreezeMode::Disabled)];
            if !matches!(form, Form::Entra | Form::OAuth | Form::SignIn | Form::Connector | Form::Workflow) {
                gone.extend([Refusal::InvalidToken, Refusal::ExpiredToken, Refusal::RevokedToken]);
            }
            for no in gone {
                let (status, code) = told(&kind, &form, &no);
                assert!(is_about_access(&kind, status, &code), "{form:?} {no:?}: {status} {code}");
            }
            let soon = Span::from_secs(1);
            let others = [503, 500, 429].map(Refusal::Status).into_iter();
            for no in others.chain([Refusal::Throttled(soon), Refusal::Quota, Refusal::BadRequest("why".into())]) {
                let (status, code) = told(&kind, &form, &no);
                assert!(!is_about_access(&kind, status, &code), "{form:?} {no:?}: {status} {code}");
            }
        }
    }

    #[test]
    fn what_a_gateway_or_a_store_refuses_for_the_messages_own_sake_is_not_about_access() {
        let gateway = EndpointKind::Gateway(Gateway::bare(Capability::Chat).into());
        for (status, code) in [(403, "blocked"), (503, "not_inspected"), (503, "resting"), (403, "not_yours")] {
            assert!(!is_about_access(&gateway, status, code), "{code}");
        }
        assert!(is_about_access(&gateway, 401, "account_disabled") && is_about_access(&gateway, 401, "expired_token"));
        assert!(!is_about_access(&gateway, 401, "second_factor_required"));
        let service = EndpointKind::Http(described().into());
        assert!(is_about_access(&service, 401, "unauthorised") && is_about_access(&service, 403, "403"));
        assert!(!is_about_access(&service, 403, "blocked") && !is_about_access(&service, 412, "412"));
    }

    #[test]
    fn mail_says_by_codes_and_words_whom_it_is_about() {
        let mail = EndpointKind::Smtp(Mail { capability: Capability::Chat });
        let told = |no: &Refusal| {
            let reply = smtp::refusal(no);
            is_about_access(&mail, reply.code, &reply.words())
        };
        for no in [Refusal::MissingToken, Refusal::InvalidKey, Refusal::Frozen(FreezeMode::Disabled)] {
            assert!(told(&no), "{no:?}");
        }
        let away = std::net::IpAddr::from([127, 10, 0, 1]);
        for no in [Refusal::Quota, Refusal::Fenced(away), Refusal::Status(550), Refusal::MeetingLocked(8)] {
            assert!(!told(&no), "{no:?}");
        }
    }
}
