//! Credentials: who may have which, and that nobody writes a secret down.

use super::*;

/// One endpoint by its address, with these credentials.
fn with(endpoint: &str, credentials: &str) -> Source {
    source(&format!(
        "firedrill: 1\nname: real\nregions: {{ hk: {{}} }}\nendpoints:\n  real:\n    {endpoint}\n    region: hk\n    \
         url: https://127.0.0.1:8443\n    credentials: {{ {credentials} }}\n\
         groups: {{ office: {{ count: 2, region: hk }}, office-2: {{ count: 3, region: hk }} }}\n\
         journeys: {{ order: {{ from: office, to: office-2, rate: 2/s, deadline: 5s, routes: [real] }} }}\n\
         phases: {{ baseline: 10m }}\ntargets: {{ lost: {{ expr: \"lost == 0\", level: must }} }}\n"
    ))
}

const TEAMS: &str = "kind: teams";
const DINGTALK: &str = "kind: dingtalk\n    edition: lite";
const RECIPIENTS: &str = "office-2: { user: \"${U}\" }";

#[test]
fn accounts_and_groups_are_bound_to_names() {
    let plan =
        plan(&with(TEAMS, &format!("office: {{ token: \"${{T}}\" }}, office-1: {{ user: \"${{V}}\" }}, {RECIPIENTS}")));
    let bound = &plan.endpoints[0].credentials;
    let places: Vec<_> = bound.iter().map(|binding| (binding.group.0, binding.ordinal)).collect();
    assert_eq!(places, [(0, None), (0, Some(0)), (1, None)], "a group's own name comes before an account's");
    assert_eq!(plan.variables().into_iter().collect::<Vec<_>>(), ["T", "U", "V"]);
    let first = plan.variables_of(crate::units::EndpointId(0), crate::units::AccountId(0));
    assert_eq!((first.user.as_deref(), first.token.as_deref()), (Some("V"), Some("T")), "its own, and its group's");
}

#[test]
fn whoever_plays_a_part_has_to_be_somebody() {
    for (endpoint, credentials, expected) in [
        (
            TEAMS,
            "office: { token: \"${T}\" }".to_owned(),
            "`office-2-1` is written to at endpoint `real` and has no `user`",
        ),
        (TEAMS, RECIPIENTS.to_owned(), "`office-1` sends by endpoint `real` and has no `token`"),
        (DINGTALK, format!("office: {{ app_key: \"${{K}}\" }}, {RECIPIENTS}"), "has no `app_secret`"),
        (TEAMS, format!("office-1: {{ token: \"${{T}}\" }}, {RECIPIENTS}"), "`office-2` sends by"),
        (
            TEAMS,
            format!("office-3: {{ token: \"${{T}}\" }}, {RECIPIENTS}"),
            "there is no account `office-3`: its group has 2",
        ),
        (TEAMS, format!("ofice: {{ token: \"${{T}}\" }}, {RECIPIENTS}"), "there is no group `ofice`"),
        (TEAMS, format!("office: {{ app_key: \"${{T}}\" }}, {RECIPIENTS}"), "has no key `app_key`"),
        (DINGTALK, format!("office: {{ token: \"${{T}}\" }}, {RECIPIENTS}"), "has no key `token`"),
    ] {
        let told = load(&with(endpoint, &credentials), &Options::default()).expect_err("a mistake").to_string();
        assert!(told.contains(expected), "{credentials}: {told}");
    }
}

/// Neither in a message nor in the line that is shown.
#[test]
fn a_secret_that_somebody_wrote_down_is_not_repeated() {
    for secret in
        ["hunter2", "$hunter2", "${hunter2", "${hunter2}x", "${}", "${2hunter2}", "${hunter 2}", "hunter2${A}"]
    {
        for key in ["app_secret", "webhook"] {
            let written = format!("office: {{ app_key: \"${{K}}\", {key}: \"{secret}\" }}, {RECIPIENTS}");
            let found = load(&with(DINGTALK, &written), &Options::default()).expect_err("a mistake");
            let told = found.to_string();
            assert!(told.contains(&format!("`{key}` stands in the environment")), "{secret}: {told}");
            assert!(!told.contains("hunter2"), "{secret}: {told}");
        }
    }
}
