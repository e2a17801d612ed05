package api

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
)

func TestAConsoleThatComesBackHasItsTalks(t *testing.T) {
	d := startDesk(t)
	id, token := d.user("li", account.RoleAgent)
	li := d.ready(id, token)
	c := d.call(hotline.ChannelPhone, "13812345678", "general")
	li.takes()
	_ = li.conn.CloseNow()
	again, _ := d.sit(id, token)
	hello := again.until("hello", typed("hello"))
	if len(hello.Talks) != 1 || hello.Talks[0].Conversation != c.id || hello.Presence.State != desk.Busy || !hello.Presence.Headset || len(hello.Queues) != 2 {
		t.Errorf("hello %+v", hello)
	}
	c.says("还在吗")
	again.until("the caption", func(m message) bool { return m.Type == "event" && m.Event.Body.Kind() == "heard" })
}

func TestASecondConsoleTakesOver(t *testing.T) {
	d := startDesk(t)
	id, token := d.user("li", account.RoleAgent)
	first := d.ready(id, token)
	second, _ := d.sit(id, token)
	second.until("hello", typed("hello"))
	if m := first.until("the end", typed("end")); m.Reason != "taken_over" {
		t.Errorf("reason %q", m.Reason)
	}
	if _, err := first.next(); websocket.CloseStatus(err) != closeTakenOver {
		t.Error(err)
	}
	d.call(hotline.ChannelPhone, "13812345678", "general")
	second.until("an offer", typed("offer"))
}

// What a console is too slow to take is read from the log, in order and without gaps.
func TestASlowConsoleMissesNothing(t *testing.T) {
	d := startDesk(t)
	id, token := d.user("li", account.RoleAgent)
	li := d.ready(id, token)
	c := d.call(hotline.ChannelChat, "visitor", "general")
	li.takes()
	const many = 400
	slow := hotline.Heard{Turn: 1, Text: "慢慢说", Confidence: 1}
	d.mu.Lock()
	for range many - 1 {
		d.quietly(c.id, slow)
	}
	d.mu.Unlock()
	d.log(c.id, slow)
	last, heard := uint64(0), 0
	for heard < many {
		m := li.until("the next event", typed("event"))
		if last != 0 && m.Event.Seq != last+1 {
			t.Fatalf("event %d follows %d", m.Event.Seq, last)
		}
		last = m.Event.Seq
		if m.Event.Body.Kind() == "heard" {
			heard++
		}
	}
}

func TestTheFeedKeepsNoMoreThanItsBacklog(t *testing.T) {
	h := heardEvents{wake: make(chan struct{}, 1)}
	for i := range eventBacklog + 10 {
		h.put(hotline.Event{Seq: uint64(i + 1)})
	}
	if events, lost := h.take(); len(events) != eventBacklog || !lost {
		t.Errorf("%d events, lost %t", len(events), lost)
	}
	h.put(hotline.Event{Seq: 1})
	if events, lost := h.take(); len(events) != 1 || lost {
		t.Errorf("%d events, lost %t", len(events), lost)
	}
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	d := startDesk(t)
	_, root := d.user("root", account.RoleAdministrator)
	for name, c := range map[string]struct {
		end    func(id, token string)
		reason string
	}{
		"logged out":   {func(_, token string) { d.want(204, "DELETE", Base+"/session", token, nil) }, "session"},
		"forced out":   {func(id, _ string) { d.want(204, "DELETE", Base+"/users/"+id+"/sessions", root, nil) }, "session"},
		"switched off": {func(id, _ string) { d.want(200, "PATCH", Base+"/users/"+id, root, object{"disabled": true}) }, ""},
		"another role": {func(id, _ string) {
			d.want(200, "PATCH", Base+"/users/"+id, root, object{"roles": []string{"knowledge"}})
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			login := map[string]string{"logged out": "aa", "forced out": "bb", "switched off": "cc", "another role": "dd"}[name]
			id, token := d.user(login, account.RoleAgent)
			s := d.ready(id, token)
			began := time.Now()
			c.end(id, token)
			m := s.until("the end", typed("end"))
			if m.Reason != "session" && m.Reason != "removed" || c.reason != "" && m.Reason != c.reason {
				t.Errorf("reason %q", m.Reason)
			}
			if took := time.Since(began); took > recheckEach/2 {
				t.Errorf("it took %v", took)
			}
			if _, status := d.sit(id, token); status != 401 && status != 403 {
				t.Errorf("came back with %d", status)
			}
		})
	}
}

func TestOnlyConsolesOfAgentsAreLetIn(t *testing.T) {
	d := startDesk(t)
	id, agent := d.user("li", account.RoleAgent)
	_, root := d.user("root", account.RoleAdministrator)
	_, auditor := d.user("audit", account.RoleAuditor)
	_, other := d.user("wang", account.RoleAgent)
	visitor := d.begin("").Token
	for name, c := range map[string]struct {
		token  string
		header []string
		status int
	}{
		"an agent":               {agent, nil, 101},
		"an administrator":       {root, nil, 403},
		"an auditor":             {auditor, nil, 403},
		"a visitor":              {visitor, nil, 401},
		"an API key":             {d.key(ScopeAdmin), nil, 401},
		"nobody":                 {"", nil, 401},
		"two agents at once":     {agent + ", " + socketProtocol + other, nil, 401}, // the one who is let in has to be the one who is watched
		"a page of another site": {agent, []string{"Origin", "https://evil.example"}, 403},
	} {
		if _, status := d.sit(id, c.token, c.header...); status != c.status {
			t.Errorf("%s: %d, want %d", name, status, c.status)
		}
	}
}

func TestASupervisorSeesTheBoardListensAndForces(t *testing.T) {
	d := startDesk(t)
	liID, liToken := d.user("li", account.RoleAgent)
	bossID, bossToken := d.user("boss", account.RoleSupervisor)
	li := d.ready(liID, liToken)
	boss := d.ready(bossID, bossToken)
	c := d.call(hotline.ChannelPhone, "13812345678", "general")
	li.takes()
	if err := wsjson.Write(t.Context(), boss.conn, object{"type": "board", "on": true}); err != nil {
		t.Fatal(err)
	}
	b := boss.until("a board with the talk", func(m message) bool {
		return m.Type == "board" && len(m.Board.Talks) == 1 && m.Board.Talks[0].With == liID
	}).Board
	if b.Talks[0].Mood != "worried" || b.Talks[0].Place != "在 13812345678" || b.Totals.Talking != 1 || b.Totals.AnsweredToday != 1 || b.Totals.Answered15s != 1 || len(b.Agents) != 2 || b.Queues[0].Busy != 1 || b.Queues[0].Ready != 0 {
		t.Errorf("board %+v", b)
	}
	path := Base + "/desk/talks/" + string(c.id) + "/supervise"
	d.want(403, "POST", path, liToken, object{"verb": "listen"})
	d.want(204, "POST", path, bossToken, object{"verb": "listen"})
	boss.until("listening", func(m message) bool { return m.Type == "presence" && m.Presence.Listening == c.id })
	c.says("你好")
	boss.until("the caption", func(m message) bool { return m.Type == "event" && m.Event.Body.Kind() == "heard" })
	d.want(200, "GET", Base+"/desk/talks/"+string(c.id), bossToken, nil)
	d.want(204, "POST", path, bossToken, object{"verb": "leave"})
	d.want(409, "POST", path, bossToken, object{"verb": "leave"})

	d.log(c.id, hotline.Decided{What: "confidential"})
	d.want(403, "POST", path, bossToken, object{"verb": "listen"})
	d.want(403, "GET", Base+"/desk/talks/"+string(c.id), bossToken, nil)
	d.want(204, "POST", path, bossToken, object{"verb": "listen", "reason": "复核"})
	d.want(200, "GET", Base+"/desk/talks/"+string(c.id), bossToken, nil)
	d.want(204, "POST", path, bossToken, object{"verb": "leave"})

	force := Base + "/desk/agents/" + liID + "/state"
	d.want(403, "PUT", force, liToken, object{"state": "offline"})
	d.want(422, "PUT", force, bossToken, object{"state": "break"})
	d.want(204, "PUT", force, bossToken, object{"state": "break", "reason": "meeting"})
	if p := li.until("sent away", func(m message) bool { return m.Type == "presence" && m.Presence.Chosen == desk.Break }).Presence; p.Reason != "meeting" {
		t.Errorf("presence %+v", p)
	}
	d.want(404, "PUT", Base+"/desk/agents/0123456789abcdef/state", bossToken, object{"state": "offline"})
	entries, err := d.book.Entries(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[account.Action]string{}
	said := false
	for _, e := range entries {
		seen[e.Action] = e.Who + " " + e.Subject
		said = said || e.Action == actionSupervised && e.Detail == "listen 复核"
	}
	if !said {
		t.Error("why a confidential talk is listened to is not kept")
	}
	for _, action := range []account.Action{actionSupervised, actionRead} {
		if seen[action] != "boss "+string(c.id) {
			t.Errorf("%s: %q", action, seen[action])
		}
	}
	if seen[actionForced] != "boss "+liID {
		t.Errorf("%s: %q", actionForced, seen[actionForced])
	}
}

// The console has a word for every phase that the board may tell of.
func TestTheConsoleNamesEveryPhase(t *testing.T) {
	words, err := os.ReadFile("../web/console/src/text/desk.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, phase := range handoff.Phases() {
		if name := fmt.Sprintf("\n  \"phase.%s\": [", phase); !strings.Contains(string(words), name) {
			t.Errorf("desk.ts has no word for %q", phase)
		}
	}
}
