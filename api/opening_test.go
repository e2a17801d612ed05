package api

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/store/db"
)

// noting keeps looks at chats in a ledger.
func noting(l *ledger) func(*Config) {
	return func(c *Config) {
		c.Archive = &Archive{Auditor: l, Events: func(ctx context.Context, id hotline.ConversationID) ([]hotline.Event, error) {
			return c.Store.Events(ctx, id, 0, chat.MaxPage)
		}}
	}
}

func TestReadingTheChatsOfOthersIsKept(t *testing.T) {
	kept := &ledger{}
	r := start(t, noting(kept))
	owner, reader, admin := r.key(ScopeChat), r.key(ScopeRead), r.key(ScopeAdmin)
	both := r.key(ScopeRead, ScopeSupervise)
	s := r.begin(owner)
	body, kind := form(t, "file", "a.png", png+"rest")
	var file attached
	r.want(201, "POST", s.path+"/attachments", s.Token, body, kind).into(t, &file)
	for name, token := range map[string]string{"its owner": owner, "the person": s.Token} {
		r.want(200, "GET", s.path+"/events", token, nil)
		if got := kept.actions(); got != "" {
			t.Errorf("%s reads: %q is noted", name, got)
		}
	}

	// Nothing is shown that is not kept.
	kept.fail = errors.New("the disk is full")
	r.want(503, "GET", s.path+"/events", reader, nil)
	kept.fail = nil
	for name, token := range map[string]string{"a reader": reader, "an administrator": admin} {
		for range 2 {
			r.want(200, "GET", s.path+"/events", token, nil)
		}
		if got := kept.actions(); got != ActionRead {
			t.Errorf("%s follows: %q is noted, want one look", name, got)
		}
		r.ahead.Add(int64(listening))
		r.want(200, "GET", s.path+"/attachments/"+file.ID, token, nil)
		if got := kept.actions(); got != ActionRead {
			t.Errorf("%s comes back later: %q is noted", name, got)
		}
	}

	following, _ := r.listen(s.path+"/stream?after=99", reader)
	owning, _ := r.listen(s.path+"/stream?after=99", owner)
	if err := r.api.cfg.Chat.Note(t.Context(), hotline.ConversationID(s.ID), hotline.Decided{What: "confidential"}); err != nil {
		t.Fatal(err)
	}
	if e, goesOn := <-following; goesOn {
		t.Errorf("a reader follows what has become confidential: %+v", e)
	}
	take(t, owning, 1)
	kept.actions()
	r.want(204, "POST", s.path+"/close", owner, nil)
	for route, status := range map[string]int{"?": 200, "/events?": 200, "/attachments/" + file.ID + "?": 200, "/stream?after=99&": 204} {
		for _, refused := range []string{reader, both} {
			r.want(403, "GET", s.path+route, refused, nil)
		}
		r.want(403, "GET", s.path+route+"reason=review", reader, nil)
		r.want(status, "GET", s.path+route+"reason=review", both, nil)
	}
	r.want(403, "GET", s.path+"/ws", admin, nil)
	r.want(http.StatusUpgradeRequired, "GET", s.path+"/ws?reason=review", admin, nil)
	if got := kept.actions(); got != ActionRead+" review, "+ActionRead+" review" {
		t.Errorf("a confidential one: %q is noted", got)
	}
	r.want(200, "GET", s.path+"/events", s.Token, nil)
}

// looks are what the record has of talks that were read.
func (d *deskRig) looks() (list []string) {
	d.t.Helper()
	entries, err := d.book.Entries(d.t.Context(), 0, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range slices.Backward(entries) {
		if e.Action == actionRead {
			list = append(list, strings.TrimSpace(e.Who+" "+e.Detail))
		}
	}
	return list
}

func TestATalkThatIsOverIsReadAsARecordIs(t *testing.T) {
	for name, c := range map[string]struct {
		confidential bool
		agent, boss  int // of who reads it without a reason
		looks        []string
	}{
		"plain":        {false, 200, 200, []string{"boss", "boss review", "li curious"}},
		"confidential": {true, 403, 403, []string{"boss review"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := startDesk(t)
			liID, liToken := d.user("li", account.RoleAgent)
			bossID, boss := d.user("boss", account.RoleSupervisor)
			li := d.ready(liID, liToken)
			call := d.call(hotline.ChannelPhone, "13812345678", "general")
			li.takes()
			if c.confidential {
				d.log(call.id, hotline.Decided{What: "confidential"})
			}
			talk := Base + "/desk/talks/" + string(call.id)
			d.want(200, "GET", talk, liToken, nil)

			// Who listens to a talk has no part in it.
			d.log(call.id, hotline.Joined{Party: bossID, Role: "supervisor", Mode: "listen"})
			d.want(c.boss, "GET", talk, boss, nil)
			d.want(200, "GET", talk+"?reason=review", boss, nil)
			d.want(403, "POST", talk+"/note", boss, object{"text": "x"})
			d.want(403, "POST", talk+"/order", boss, object{"kind": "new", "text": "x"})
			d.want(403, "POST", Base+"/desk/wrap_up", boss, object{"conversation": call.id})

			call.hangsUp()
			li.until("wrap-up", func(m message) bool { return m.Type == "presence" && m.Presence.WrapUp == call.id })
			d.want(200, "GET", talk, liToken, nil)
			d.want(204, "POST", Base+"/desk/wrap_up", liToken, object{"conversation": call.id})
			d.want(c.agent, "GET", talk+"?reason=curious", liToken, nil)
			if got, want := d.looks(), c.looks; !slices.Equal(got, want) {
				t.Errorf("noted %q, want %q", got, want)
			}
			d.want(404, "GET", Base+"/desk/talks/"+string(hotline.NewConversationID(time.Now())), boss, nil)
		})
	}
}

func TestOnlyWhoIsKnownHasAHistory(t *testing.T) {
	o := &office{Desk: &Desk{
		History: func(context.Context, string, int) ([]Contact, error) {
			return []Contact{{Conversation: hotline.NewConversationID(time.Now()), Summary: "停暖"}}, nil
		},
		Orders: func(context.Context, string) ([]desk.Past, error) { return []desk.Past{{Number: "261127000017"}}, nil },
	}}
	key := &db.Key{ID: "0123abcd"}
	for caller, known := range map[string]bool{
		"13812345678": true, "8001": true, "anonymous": false, "Anonymous": false, "": false,
		identity{key: key}.visitorName("张三"): true, identity{key: key}.visitorName(""): false,
		identity{address: netip.MustParseAddr("203.0.113.7")}.visitorName("张三"): false, identity{address: netip.MustParseAddr("2001:db8::7")}.visitorName(""): false,
	} {
		history, orders := o.before(t.Context(), nil, Talk{Caller: caller}, nil)
		if len(history) != len(orders) || known != (len(history) == 1) {
			t.Errorf("%q: history %+v, orders %+v", caller, history, orders)
		}
	}
}
