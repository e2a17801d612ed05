package api

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
)

func TestAnAgentTakesACallAndTransfersIt(t *testing.T) {
	d := startDesk(t)
	liID, liToken := d.user("li", account.RoleAgent)
	wangID, wangToken := d.user("wang", account.RoleAgent)
	li := d.ready(liID, liToken)
	c := d.call(hotline.ChannelPhone, "13812345678", "general")
	o, talk := li.takes()
	if o.QueueName != "综合受理" || o.Caller != "13812345678" || o.Place != "在 13812345678" || o.Brief.Summary != "停暖三天" || o.Conversation != c.id || o.Expires.IsZero() {
		t.Errorf("offer %+v", o)
	}
	if talk.Conversation != c.id || talk.Phase != "talking" || talk.Brief.Mood != "worried" {
		t.Errorf("talk %+v", talk)
	}

	c.says("暖气什么时候能修好")
	said := li.until("the caption", func(m message) bool { return m.Type == "event" && m.Event.Body.Kind() == "heard" })
	if said.Event.Body.(hotline.Heard).Text != "暖气什么时候能修好" || said.Event.Seq == 0 {
		t.Errorf("event %+v", said.Event)
	}
	li.does(204, c.id, object{"verb": "hold"})
	li.until("held", func(m message) bool { return m.Type == "talk" && m.Talk.Phase == "held" })
	li.does(409, c.id, object{"verb": "merge"})
	li.does(204, c.id, object{"verb": "resume"})
	li.does(204, c.id, object{"verb": "mute"})
	li.until("muted", func(m message) bool { return m.Type == "talk" && m.Talk.Muted })
	li.does(422, c.id, object{"verb": "listen"})
	li.does(422, c.id, object{"verb": "consult"})

	var detail struct {
		Talk   Talk
		Events []hotline.Event
	}
	d.want(200, "GET", Base+"/desk/talks/"+string(c.id), liToken, nil).into(t, &detail)
	if detail.Talk.Conversation != c.id || !strings.Contains(kinds(detail.Events), "heard") || detail.Talk.Last != uint64(len(detail.Events)) {
		t.Errorf("detail %+v %s", detail.Talk, kinds(detail.Events))
	}

	wang := d.ready(wangID, wangToken)
	// What another agent has is neither hers to command nor to read.
	wang.does(403, c.id, object{"verb": "hold"})
	d.want(403, "GET", Base+"/desk/talks/"+string(c.id), wangToken, nil)
	d.want(403, "POST", Base+"/desk/talks/"+string(c.id)+"/note", wangToken, object{"text": "x"})
	d.want(403, "POST", Base+"/desk/talks/"+string(c.id)+"/order", wangToken, object{"kind": "new", "text": "x"})
	d.want(403, "POST", Base+"/desk/wrap_up", wangToken, object{"conversation": c.id})

	li.does(204, c.id, object{"verb": "transfer", "target": object{"agent": wangID}})
	li.until("gone", func(m message) bool { return m.Type == "talk_gone" && m.Conversation == c.id })
	_, talk = wang.takes()
	if talk.Conversation != c.id {
		t.Errorf("talk %+v", talk)
	}
	c.hangsUp()
	wang.until("gone", typed("talk_gone"))
	if p := wang.until("wrap-up", func(m message) bool { return m.Type == "presence" && m.Presence.State == desk.WrapUp }).Presence; p.WrapUp != c.id || p.WrapUpUntil == nil {
		t.Errorf("presence %+v", p)
	}
	d.want(422, "POST", Base+"/desk/wrap_up", wangToken, object{"conversation": c.id, "category": "nonsense"})
	d.want(204, "POST", Base+"/desk/wrap_up", wangToken, object{"conversation": c.id, "summary": "已告知抢修时间", "resolved": true})
	wang.until("ready again", func(m message) bool { return m.Type == "presence" && m.Presence.State == desk.Ready })
	if len(d.remarks) != 1 || d.remarks[0].Agent != wangID || d.remarks[0].Resolved == nil || !*d.remarks[0].Resolved {
		t.Errorf("remarks %+v", d.remarks)
	}
	// Whoever took part may still write and read.
	d.want(204, "POST", Base+"/desk/talks/"+string(c.id)+"/note", liToken, object{"text": "转给王"})
	d.want(200, "GET", Base+"/desk/talks/"+string(c.id), liToken, nil)
}

func TestAnAgentSeesWhatWasAskedForAndWhoComesAgain(t *testing.T) {
	d := startDesk(t)
	id, token := d.user("li", account.RoleAgent)
	li := d.ready(id, token)
	wants := Wanted{map[string]int{"law": 2}, "yue"}
	var shown Board
	_, chief := d.user("chief", account.RoleSupervisor)
	d.call(hotline.ChannelPhone, "13812345678", "general", func(q *desk.Request) {
		q.Skills, q.Language, q.Agent, q.Since = wants.Skills, wants.Language, id, time.Now().Add(-time.Hour) // long enough for anybody
	})
	opened := li.until("an offer", typed("offer")).offer(t)
	if !opened.Again {
		t.Error("nobody tells that the person comes again")
	}
	d.want(200, "GET", Base+"/desk/board", chief, nil).into(t, &shown)
	d.want(204, "POST", Base+"/desk/offers/"+opened.ID+"/accept", token, nil)
	talk := li.until("the talk", typed("talk")).Talk
	if len(shown.Talks) != 1 {
		t.Fatalf("board %+v", shown)
	}
	for where, got := range map[string]Wanted{"offer": opened.Wanted, "board": shown.Talks[0].Wanted, "talk": talk.Wanted} {
		if diff := cmp.Diff(wants, got); diff != "" {
			t.Errorf("%s: %s", where, diff)
		}
	}
}

func TestAnOrderIsFiledOnceAndAddressed(t *testing.T) {
	d := startDesk(t)
	id, token := d.user("li", account.RoleAgent)
	li := d.ready(id, token)
	c := d.call(hotline.ChannelPhone, "13812345678", "general")
	li.takes()
	category := ""
	_, base := city()
	for _, leaf := range base.Categories() {
		if leaf.Leaf && leaf.Dispatch == "district" {
			category = leaf.ID
		}
	}
	path := Base + "/desk/talks/" + string(c.id) + "/order"
	body := object{"kind": "new", "act": "complain", "category": category, "facts": object{"district": base.Regions()[0]}, "text": "停暖三天"}
	var first, second struct{ Number string }
	d.want(201, "POST", path, token, body).into(t, &first)
	d.want(201, "POST", path, token, body).into(t, &second)
	if len(first.Number) != 12 || first != second {
		t.Errorf("numbers %q and %q", first.Number, second.Number)
	}
	filed := li.until("filed", func(m message) bool { return m.Type == "event" && m.Event.Body.Kind() == "filed" }).Event.Body.(hotline.Filed)
	if filed.Number != first.Number || filed.DispatchTo == "" {
		t.Errorf("filed %+v", filed)
	}
	kept, err := d.store.Orders(t.Context(), c.id)
	if err != nil || len(kept) != 1 || kept[0].DispatchTo != filed.DispatchTo {
		t.Errorf("orders %+v, %v", kept, err)
	}
	if dept, found := base.Department(filed.DispatchTo); !found || dept.Kind != "district" {
		t.Errorf("goes to %+v", dept)
	}
	d.want(422, "POST", path, token, object{"kind": "urge", "text": "快点"})
	d.want(422, "POST", path, token, object{"kind": "new", "text": "x", "category": "nonsense"})
}

func TestSuggestionsComeWhilePeopleTalk(t *testing.T) {
	d := startDesk(t)
	id, token := d.user("li", account.RoleAgent)
	li := d.ready(id, token)
	c := d.call(hotline.ChannelPhone, "13812345678", "general")
	li.takes()
	_, base := city()
	e, _ := base.Entry("kb.jsz.elder")
	c.says("嗯")
	c.says(e.Question)
	m := li.until("suggestions", typed("suggestions"))
	var items []Suggestion
	if err := json.Unmarshal(m.Items, &items); err != nil {
		t.Fatal(err)
	}
	if len(items) == 0 || len(items) > suggestions || items[0].Entry != e.ID || items[0].Source != e.Source || items[0].Answer == "" || items[0].Expired {
		t.Errorf("suggestions %+v", items)
	}
	var out struct{ Items []Suggestion }
	d.want(200, "GET", Base+"/desk/knowledge?q=居住证&limit=5", token, nil).into(t, &out)
	if len(out.Items) == 0 || len(out.Items) > 5 {
		t.Errorf("found %+v", out.Items)
	}
}

func TestDeclinedOffersGoOnToTheNext(t *testing.T) {
	d := startDesk(t)
	liID, liToken := d.user("li", account.RoleAgent)
	wangID, wangToken := d.user("wang", account.RoleAgent)
	li := d.ready(liID, liToken)
	c := d.call(hotline.ChannelPhone, "13812345678", "social")
	o := li.until("an offer", typed("offer")).offer(t)
	wang := d.ready(wangID, wangToken)
	d.want(409, "POST", Base+"/desk/offers/"+o.ID+"/accept", wangToken, nil)
	d.want(204, "POST", Base+"/desk/offers/"+o.ID+"/decline", liToken, object{"reason": "忙"})
	if m := li.until("gone", typed("offer_gone")); m.Reason != "declined" {
		t.Errorf("reason %q", m.Reason)
	}
	if _, talk := wang.takes(); talk.Conversation != c.id {
		t.Errorf("talk %+v", talk)
	}
}

func TestTargetsAreThoseWhoCanBeReached(t *testing.T) {
	d := startDesk(t)
	liID, liToken := d.user("li", account.RoleAgent)
	wangID, wangToken := d.user("wang", account.RoleAgent)
	d.user("away", account.RoleAgent)
	d.ready(liID, liToken)
	d.ready(wangID, wangToken)
	d.api.office.board.forget()
	var out struct{ Items []DeskTarget }
	d.want(200, "GET", Base+"/desk/targets", liToken, nil).into(t, &out)
	var names []string
	for _, item := range out.Items {
		names = append(names, item.Kind+" "+item.Name)
	}
	if got := strings.Join(names, ", "); got != "agent 名wang, queue 综合受理, queue 社保医保, service 公安 110, external 供热公司" {
		t.Error(got)
	}
	d.want(200, "GET", Base+"/desk/targets?q=6666", liToken, nil).into(t, &out)
	if len(out.Items) != 1 || out.Items[0].Number != "02766668888" {
		t.Errorf("%+v", out.Items)
	}
}

func TestAConsoleThatAsksNonsenseIsTold(t *testing.T) {
	d := startDesk(t)
	id, token := d.user("li", account.RoleAgent)
	s, _ := d.sit(id, token)
	for text, status := range map[string]int{`{"type":"dance"}`: 422, `nonsense`: 422, `{"type":"board","on":true}`: 403} {
		if err := s.conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if m := s.until("problem", typed("problem")); m.Problem.Status != status {
			t.Errorf("%s: %+v", text, m.Problem)
		}
	}
	if err := wsjson.Write(t.Context(), s.conn, object{"type": "ping"}); err != nil {
		t.Fatal(err)
	}
	s.until("pong", typed("pong"))
}

func TestACallbackIsTakenFromTheListAndCalled(t *testing.T) {
	called := ""
	d := startDesk(t, func(c *Desk) {
		c.Call = func(_ context.Context, id hotline.ConversationID, agent, number string) error {
			called = agent + " " + number
			return c.Desk.Close(t.Context(), id) // they are over soon
		}
	})
	liID, liToken := d.user("li", account.RoleAgent)
	wangID, wangToken := d.user("wang", account.RoleAgent)
	d.ready(liID, liToken)
	d.ready(wangID, wangToken)
	c, err := d.desk.Promise(t.Context(), desk.Callback{Kind: desk.CallbackMessage, Queue: "general", Number: "13812345678"})
	if err != nil {
		t.Fatal(err)
	}
	one := Base + "/desk/callbacks/" + c.ID
	var list struct{ Items []Callback }
	d.want(200, "GET", Base+"/desk/callbacks?state=open", liToken, nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].ID != c.ID {
		t.Errorf("open: %+v", list.Items)
	}
	d.want(409, "POST", Base+"/desk/calls", liToken, object{"callback": c.ID})
	d.want(422, "POST", Base+"/desk/calls", liToken, object{})
	d.want(200, "POST", one+"/take", liToken, nil)
	d.want(409, "POST", one+"/take", wangToken, nil)
	d.want(409, "POST", one+"/outcome", wangToken, object{"outcome": "reached"})
	d.want(201, "POST", Base+"/desk/calls", liToken, object{"callback": c.ID})
	if called != liID+" 13812345678" {
		t.Errorf("called %q", called)
	}
	if open, err := d.desk.Callbacks(t.Context()); err != nil || len(open) != 1 || open[0].Dialled.IsZero() {
		t.Errorf("dialled: %+v, %v", open, err)
	}
	d.want(200, "POST", one+"/outcome", liToken, object{"outcome": "no_answer"})
	d.want(200, "POST", one+"/take", wangToken, nil)
	d.want(422, "POST", one+"/outcome", wangToken, object{"outcome": "reached", "note": strings.Repeat("解", maxOutcomeNote+1)})
	var done Callback
	d.want(200, "POST", one+"/outcome", wangToken, object{"outcome": "reached", "note": strings.Repeat("解", maxOutcomeNote)}).into(t, &done)
	if done.State != "done" || done.Attempts != 2 || len([]rune(done.Remark)) != maxOutcomeNote {
		t.Errorf("done: %+v", done)
	}
}

// What the console lets somebody write, the API takes, and says so.
func TestTheConsoleKnowsHowLongANoteOfAnOutcomeIs(t *testing.T) {
	types, err := os.ReadFile("../web/console/src/api/types.ts")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("export const maxOutcomeNote = %d;\n", maxOutcomeNote); !strings.Contains(string(types), want) {
		t.Errorf("types.ts does not have %s", want)
	}
	d := startDesk(t)
	note := d.api.huma.OpenAPI().Components.Schemas.Map()["SettleInputBody"].Properties["note"]
	if note.MaxLength == nil || *note.MaxLength != maxOutcomeNote {
		t.Errorf("OpenAPI: %v", note.MaxLength)
	}
}
