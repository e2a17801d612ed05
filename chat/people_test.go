package chat

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
)

// wishing is a desk that notes what it is asked.
type wishing struct{ list []string }

func (d *wishing) Do(_ Record, w handoff.Action) {
	switch w := w.(type) {
	case handoff.Enqueue:
		d.list = append(d.list, fmt.Sprintf("enqueue %s %s %v %s", w.Request.Queue, w.Request.Reason, w.Request.Skills, w.Request.Language))
	default:
		d.list = append(d.list, strings.TrimPrefix(fmt.Sprintf("%T", w), "handoff."))
	}
}

func (*wishing) Show(Record) {}

func staffed(t *testing.T) (*Host, *memory, *wishing, hotline.ConversationID) {
	t.Helper()
	m, d := newMemory(), &wishing{}
	h := hosted(t, m, func(c *Config) { c.Desk = d })
	id := begun(t, h)
	posted(t, h, id, "人工")
	for _, n := range []desk.Notice{
		desk.Waiting{Position: 2},
		desk.Offered{Offer: "1", Agent: desk.Agent{ID: "li", Name: "李"}}, desk.Accepted{Offer: "1", Agent: "li"},
	} {
		if err := h.Notice(t.Context(), id, n); err != nil {
			t.Fatal(err)
		}
	}
	return h, m, d, id
}

func tail(t *testing.T, h *Host, id hotline.ConversationID, after uint64) []string {
	t.Helper()
	events, err := h.History(t.Context(), id, after, MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	kinds := make([]string, len(events))
	for i, e := range events {
		kinds[i] = e.Body.Kind()
	}
	return kinds
}

func command(by string, verb desk.Verb, text, key string) desk.Notice {
	return desk.Commanded{By: by, Command: desk.Command{Verb: verb, Text: text, Key: key}}
}

func TestAnAgentTakesAChatAndTheBotIsSilent(t *testing.T) {
	h, _, d, id := staffed(t)
	if diff := cmp.Diff([]string{"enqueue q asked map[law:2] yue"}, d.list); diff != "" {
		t.Error(diff)
	}
	want := []string{"heard", "handed_over", "waiting", "said", "offered", "joined"}
	if diff := cmp.Diff(want, tail(t, h, id, 2)); diff != "" {
		t.Error(diff)
	}
	if got := posted(t, h, id, "在吗"); len(got) != 1 || !strings.Contains(got[0], "heard") {
		t.Error("while the agent is there the bot says", got)
	}
	for range 2 { // sent twice with one key
		if err := h.Notice(t.Context(), id, command("li", desk.Say, "我在", "k1")); err != nil {
			t.Fatal(err)
		}
	}
	if got := tail(t, h, id, 9); !slices.Equal(got, []string{"uttered"}) {
		t.Error(got)
	}
	for name, n := range map[string]desk.Notice{
		"of a stranger":     command("wang", desk.Say, "我来", ""),
		"without text":      command("li", desk.Say, "", ""),
		"that needs sound":  command("li", desk.Hold, "", ""),
		"of another phase":  command("li", desk.Complete, "", ""),
		"return by another": command("wang", desk.Return, "", ""),
	} {
		if err := h.Notice(t.Context(), id, n); err == nil {
			t.Errorf("a command %s was carried out", name)
		}
	}
	if got := tail(t, h, id, 10); len(got) > 0 {
		t.Error("refused commands left", got)
	}
}

func TestAChatGoesBackToTheBotOrIsRated(t *testing.T) {
	h, _, d, id := staffed(t)
	if err := h.Notice(t.Context(), id, command("li", desk.Return, "已答复", "")); err != nil {
		t.Fatal(err)
	}
	if got := tail(t, h, id, 8); !slices.Equal(got, []string{"noted", "left", "returned", "said"}) {
		t.Error(got)
	}
	if d.list[len(d.list)-1] != "Release" {
		t.Error(d.list)
	}
	if got := posted(t, h, id, "你好"); !strings.Contains(strings.Join(got, " "), "said") {
		t.Error("the bot is silent after", got)
	}
	if err := h.Notice(t.Context(), id, command("li", desk.Say, "还有", "")); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Error("who has left still writes:", err)
	}
}

func TestWhoClosesTheChatLeavesQueueAndAgent(t *testing.T) {
	h, m, d, id := staffed(t)
	if err := h.Close(t.Context(), id, "visitor", "left"); err != nil {
		t.Fatal(err)
	}
	r, _ := m.Load(t.Context(), id)
	if d.list[len(d.list)-1] != "Release" || r.Handoff.Phase != handoff.Over {
		t.Error(d.list, r.Handoff.Phase)
	}
	if err := h.Notice(t.Context(), id, desk.Accepted{Offer: "2", Agent: "wang"}); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Error(err)
	}
}

func TestAfterARestartThePersonIsLookedForAgain(t *testing.T) {
	_, m, _, id := staffed(t)
	d := &wishing{}
	h := hosted(t, m, func(c *Config) { c.Desk = d })
	if err := h.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"enqueue q asked map[law:2] yue"}, d.list); diff != "" {
		t.Error(diff)
	}
	r, _ := m.Load(t.Context(), id)
	if r.Handoff.Phase != handoff.Queued {
		t.Error(r.Handoff.Phase)
	}
}
