//! DingTalk's twin.

mod accounts;
mod approvals;
mod garbage;
mod gateways;
mod meetings;
mod notices;
mod office;
mod robots;
mod stream;
mod webhooks;

two_worlds! { 7:
    gateways::a_token_is_one_in_all_three_manners,
    gateways::the_present_gateway_says_no_in_its_shape,
    gateways::the_old_gateway_says_no_in_a_200,
    gateways::lite_does_not_know_what_it_lacks,
    gateways::users_are_looked_up,
    robots::a_part_can_fail_inside_a_200,
    robots::it_can_be_asked_who_has_read,
    robots::what_is_taken_back_is_never_read,
    robots::what_is_taken_back_is_not_pushed_again,
    robots::whoever_is_named_twice_is_told_once,
    robots::the_ledger_has_the_id_that_the_sender_was_told,
    robots::a_group_hears_it_all_but_its_sender,
    robots::what_a_client_sends_arrives,
    webhooks::a_post_reaches_whom_it_mentions,
    webhooks::a_post_with_a_key_is_made_once,
    webhooks::security_settings_are_enforced,
    notices::whoever_is_over_his_quota_is_told_nothing,
    approvals::all_of_a_stage_have_to_agree,
    approvals::what_is_not_allowed_has_its_code,
    meetings::nobody_enters_a_locked_meeting,
    meetings::heads_are_counted,
    meetings::an_event_with_a_key_is_entered_once,
    accounts::whoever_is_disabled_is_out,
    stream::what_is_pushed_is_kept_until_it_is_acknowledged,
    stream::a_ticket_is_good_once,
    stream::connections_share_the_messages,
    stream::events_tell_of_approvals_and_meetings,
    stream::a_message_is_answered_by_its_session,
    stream::whoever_is_disabled_is_disconnected,
}

/// What takes minutes, in virtual time.
mod in_time {
    use firedrill::draw::Seed;
    use firedrill::world::enter_virtual;

    macro_rules! in_time {
        ($($module:ident::$case:ident),* $(,)?) => {$(
            #[test]
            fn $case() {
                enter_virtual(Seed(7), super::$module::$case).expect("a virtual world");
            }
        )*};
    }

    in_time! {
        gateways::twenty_a_second_and_no_more,
        gateways::an_address_that_sends_too_much_is_not_heard,
        gateways::a_token_ends,
        webhooks::twenty_a_minute_and_then_nothing_for_ten,
        notices::a_day_has_its_quota,
        meetings::an_event_that_is_refused_is_refused_again,
        approvals::nothing_is_ended_in_its_first_quarter_of_a_minute,
        stream::a_ticket_ends,
        stream::an_event_is_pushed_again_after_a_minute,
        stream::a_client_is_asked_whether_it_is_there,
        stream::whoever_does_not_go_is_let_go,
    }
}
