package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/store/db"
)

func TestAVisitorSeesWhatPeopleSayAndNotWhatTheyDoAmongThemselves(t *testing.T) {
	for _, c := range []struct{ is, seen hotline.EventBody }{
		{hotline.Uttered{Party: "u1", Role: "agent", Text: "您好", Key: "k"}, hotline.Uttered{Party: "agent", Role: "agent", Text: "您好"}},
		{hotline.Joined{Party: "u1", Name: "李", Role: "agent"}, hotline.Joined{Party: "agent", Name: "李", Role: "agent"}},
		{hotline.Joined{Party: "u2", Name: "张", Role: "supervisor", Mode: "listen"}, hotline.Decided{What: "keep"}},
		{hotline.Left{Party: "u2", Role: "supervisor"}, hotline.Decided{What: "keep"}},
		{hotline.Left{Party: "u1", Role: "agent", Reason: "network"}, hotline.Left{Party: "agent", Role: "agent"}},
		{hotline.Noted{Party: "u1", Text: "态度不好"}, hotline.Decided{What: "keep"}},
		{hotline.Offered{Party: "u1", Name: "李"}, hotline.Offered{Party: "agent"}},
		{hotline.OfferEnded{Party: "u1", Reason: "declined"}, hotline.OfferEnded{Party: "agent", Reason: "no_answer"}},
		{hotline.Waiting{Queue: "vip", Position: 2, WaitMS: 9}, hotline.Waiting{Position: 2, WaitMS: 9}},
		{hotline.Held{Party: "u1", On: true}, hotline.Held{Party: "agent", On: true}},
		{hotline.Returned{Party: "u1", Reason: "agent"}, hotline.Returned{Reason: "agent"}},
		{hotline.Rated{Grade: 5, How: "text", Party: "u1"}, hotline.Rated{Grade: 5, How: "text"}},
	} {
		e := hotline.Event{Seq: 3, Body: c.is}
		if diff := cmp.Diff(Event{hotline.Event{Seq: 3, Body: c.seen}}, identity{}.sees(e)); diff != "" {
			t.Errorf("%s: %s", c.is.Kind(), diff)
		}
		inside := identity{key: &db.Key{}}
		if diff := cmp.Diff(Event{e}, inside.sees(e)); diff != "" {
			t.Errorf("inside, %s: %s", c.is.Kind(), diff)
		}
	}
}
