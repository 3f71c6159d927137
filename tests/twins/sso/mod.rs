//! Single sign-on's twin: tokens, and the directory behind them.

mod directory;
mod hostile;
mod rig;
mod tokens;

two_worlds! { 29:
    tokens::a_secret_gives_a_token_that_others_can_verify,
    tokens::whoever_proves_nothing_gets_nothing,
    tokens::a_person_is_signed_in_once_by_a_code,
    tokens::nobody_is_sent_elsewhere_or_without_proof,
    tokens::a_refresh_token_is_good_once,
    tokens::what_is_given_back_is_good_no_more,
    tokens::another_token_is_none,
    tokens::a_password_is_taken_where_it_was_said,
    directory::whoever_is_taken_away_loses_what_he_has,
    directory::people_are_made_found_and_changed,
    directory::nonsense_changes_nothing,
    directory::who_may_sign_in_changes_only_by_saying_so,
    directory::a_body_that_is_too_large_is_told_so,
}
