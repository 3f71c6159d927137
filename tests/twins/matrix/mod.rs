//! Matrix's twin: logins, rooms, messages, and `/sync`.

mod hostile;
mod messages;
mod people;
mod rig;

two_worlds! { 23:
    people::a_password_gives_a_token_until_it_is_taken_back,
    people::whoever_is_nobody_is_told_so,
    people::rooms_are_made_entered_and_left,
    messages::a_message_is_taken_once_and_heard,
    messages::whoever_waits_hears_at_once_and_nobody_waits_for_ever,
    messages::of_too_many_the_latest_are_listed,
    messages::what_is_not_listed_is_read_back,
    messages::so_many_and_no_more,
    messages::what_is_no_message_is_refused,
}
