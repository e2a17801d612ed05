package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
)

// Whoever dials out is offered nobody who waits, and is offered them as soon as the number is not reached.
func TestWhoDialsOutIsOfferedNothing(t *testing.T) {
	dialled, answer := make(chan hotline.ConversationID), make(chan error)
	d := startDesk(t, func(c *Desk) {
		c.Call = func(ctx context.Context, id hotline.ConversationID, _, _ string) error {
			dialled <- id
			select {
			case err := <-answer:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	id, token := d.user("li", account.RoleAgent)
	s := d.ready(id, token)
	var dialling sync.WaitGroup
	dial := func(status int) {
		dialling.Go(func() {
			if a := d.do("POST", Base+"/desk/calls", token, object{"number": "13812345678"}); a.status != status {
				t.Errorf("dialled: %d %s, want %d", a.status, a.body, status)
			}
		})
	}
	state := func(want desk.State) {
		t.Helper()
		h, err := d.desk.Look(t.Context(), id)
		if err != nil || h.State.State != want || h.Offer != nil {
			t.Errorf("li is %s, offer %v, %v; want %s and none", h.State.State, h.Offer, err, want)
		}
	}

	dial(http.StatusConflict)
	<-dialled
	first := d.call(hotline.ChannelPhone, "13900000001", "general")
	waiting := func() bool {
		b, err := d.desk.Board(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(b.Talks, func(row desk.TalkRow) bool { return row.Talk.Conversation == first.id && row.Queue != "" })
	}
	for deadline := time.Now().Add(20 * time.Second); !waiting(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the caller does not wait")
		}
	}
	state(desk.Ringing)
	d.want(409, "POST", Base+"/desk/calls", token, object{"number": "13812345678"})
	d.want(409, "PUT", Base+"/desk/me/device", token, object{"device": "phone", "extension": "1001"})
	answer <- hotline.Errorf("dial", hotline.CodeConflict, "nobody answers")
	if _, talk := s.takes(); talk.Conversation != first.id {
		t.Errorf("took %s, want %s", talk.Conversation, first.id)
	}
	dialling.Wait()
	d.want(409, "POST", Base+"/desk/calls", token, object{"number": "13812345678"})
	first.hangsUp()
	s.until("wrap-up", func(m message) bool { return m.Type == "presence" && m.Presence.State == desk.WrapUp })

	// The call that is answered takes its agent, and its end frees them.
	dial(http.StatusCreated)
	out := <-dialled
	if err := d.desk.Open(t.Context(), desk.Talk{Conversation: out, Channel: hotline.ChannelPhone}, func(desk.Notice) {}); err != nil {
		t.Fatal(err)
	}
	answer <- nil
	dialling.Wait()
	state(desk.Ringing)
	if err := d.desk.Take(t.Context(), out, id); err != nil {
		t.Fatal(err)
	}
	state(desk.Busy)
	if err := d.desk.Close(t.Context(), out); err != nil {
		t.Fatal(err)
	}

	// Nor does a console that goes away while it rings leave anybody reserved.
	ctx, hangUp := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+Base+"/desk/calls", strings.NewReader(`{"number":"13812345678"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	dialling.Go(func() {
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
			t.Errorf("answered %d, and was not asked for it any more", response.StatusCode)
		}
	})
	<-dialled
	state(desk.Ringing)
	second := d.call(hotline.ChannelPhone, "13900000002", "general")
	hangUp()
	dialling.Wait()
	d.want(204, "PUT", Base+"/desk/me/state", token, object{"state": "ready"}) // the wrap-up ends
	if _, talk := s.takes(); talk.Conversation != second.id {
		t.Errorf("took %s, want %s", talk.Conversation, second.id)
	}
}

// Whoever had a conversation calls its caller again, whatever the list of numbers allows; a stranger does not.
func TestWhoHadACallCallsAgain(t *testing.T) {
	dialled := make(chan string, 1)
	d := startDesk(t, func(c *Desk) {
		c.Permit = func(desk.Target) error { return hotline.Errorf("dial", hotline.CodeForbidden, "not on the list") }
		c.Call = func(_ context.Context, _ hotline.ConversationID, _, number string) error {
			dialled <- number
			return hotline.Errorf("dial", hotline.CodeConflict, "nobody answers")
		}
	})
	id, token := d.user("li", account.RoleAgent)
	s := d.ready(id, token)
	_, stranger := d.user("wang", account.RoleAgent)
	first := d.call(hotline.ChannelPhone, "13812345678", "general")
	s.takes()
	d.log(first.id, hotline.Joined{Party: id, Role: "agent"})
	d.want(409, "POST", Base+"/desk/calls", token, object{"conversation": first.id}) // it goes on
	first.hangsUp()
	s.until("wrap-up", func(m message) bool { return m.Type == "presence" && m.Presence.State == desk.WrapUp })
	d.want(409, "POST", Base+"/desk/calls", token, object{"conversation": first.id})
	select {
	case number := <-dialled:
		if number != "13812345678" {
			t.Errorf("dialled %s", number)
		}
	default:
		t.Error("nobody was dialled")
	}
	d.want(403, "POST", Base+"/desk/calls", token, object{"number": "13812345678"})
	d.want(422, "POST", Base+"/desk/calls", token, object{"number": "13812345678", "conversation": first.id})
	d.want(403, "POST", Base+"/desk/calls", stranger, object{"conversation": first.id})

	written := d.call(hotline.ChannelChat, "visitor", "general")
	d.log(written.id, hotline.Joined{Party: id, Role: "agent"})
	d.want(409, "POST", Base+"/desk/calls", token, object{"conversation": written.id})
}
