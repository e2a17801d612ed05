package gateway

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/packs"
	"github.com/hotline-cc/hotline/store/db"
)

// city is the shipped pack, read once: that takes seconds with the race detector.
var city = sync.OnceValues(func() (*pack.Pack, error) { return packs.Open("") })

func opened(t *testing.T, dir string) (*content, *db.DB) {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := city()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newContent(t.Context(), "", *shipped, store, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, store
}

// says returns what the dialog says to a first sentence, "" for the greeting only.
func says(t *testing.T, c *content, text string) string {
	t.Helper()
	engine := c.engine.Load()
	said := ""
	take := func(s dialog.State, actions []dialog.Action) dialog.State {
		for _, a := range actions {
			if say, ok := a.(dialog.Say); ok {
				said += say.Prompt.Text
			}
		}
		return s
	}
	s := take(engine.Step(dialog.State{}, dialog.Started{Channel: hotline.ChannelChat, At: time.Now()}))
	if text != "" {
		said = ""
		take(engine.Step(s, dialog.Heard{Text: text, Confidence: 1, At: time.Now()}))
	}
	return said
}

func shippedFlow(t *testing.T) string {
	t.Helper()
	body, err := packs.Files.ReadFile("yunzhou/flows/main.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAPublishedFlowAnswersAtOnceAndABadOneNever(t *testing.T) {
	dir := t.TempDir()
	c, store := opened(t, dir)
	kind := c.kinds()[0]
	publish := func(body string, was int) error {
		t.Helper()
		doc, err := store.PutDocument(t.Context(), db.Document{Kind: flowKind, ID: "main", Body: body, Author: "test"}, was)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.PublishDocument(t.Context(), db.Version{Kind: flowKind, ID: "main", Version: doc.Version}, "test", ""); err != nil {
			t.Fatal(err)
		}
		return kind.Published(t.Context(), doc)
	}
	good := strings.Replace(shippedFlow(t), "您好，云州12345。", "您好，这里是新的云州热线。", 1)
	bad := strings.Replace(good, "next: route", "next: nowhere", 1)
	found := kind.Check("main", bad)
	if len(found) == 0 || !found[0].Error || found[0].Line == 0 || found[0].Node == "" || found[0].Reason == "" {
		t.Errorf("found %+v, want the line, the node and the reason", found)
	}
	if found := kind.Check("main", good); len(found) != 0 {
		t.Errorf("found %+v", found)
	}
	if err := publish(good, 0); err != nil || !strings.HasPrefix(says(t, c, ""), "您好，这里是新的云州热线。") {
		t.Errorf("%v %s", err, says(t, c, ""))
	}
	if err := publish(bad, 1); err == nil || !strings.HasPrefix(says(t, c, ""), "您好，这里是新的云州热线。") {
		t.Errorf("%v %s", err, says(t, c, ""))
	}
	// What was published and does not fit a later pack is left out, aloud, and calls are answered.
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	again, store := opened(t, dir)
	defer func() { _ = store.Close() }()
	if got := says(t, again, ""); !strings.HasPrefix(got, "您好，云州12345。") {
		t.Errorf("after a restart: %s", got)
	}
}

func TestChangedKnowledgeAnswersTheNextQuestion(t *testing.T) {
	c, store := opened(t, t.TempDir())
	defer func() { _ = store.Close() }()
	before := says(t, c, "办居住证要带什么材料")
	e, ok := c.knowledge.Base().Entry("kb.jzz.apply")
	if !ok {
		t.Fatal("no entry")
	}
	e.AnswerText = "请带身份证到任意派出所，当场受理。"
	if _, problems, err := c.knowledge.Put(t.Context(), e, e.Version); err != nil {
		t.Fatal(err, problems)
	}
	if after := says(t, c, "办居住证要带什么材料"); after == before || !strings.Contains(after, "到任意派出所") {
		t.Errorf("before %s\nafter %s", before, after)
	}
}

func TestTheClerkKnowsTheOrdersItHasFiled(t *testing.T) {
	c, store := opened(t, t.TempDir())
	defer func() { _ = store.Close() }()
	k := &clerk{orders: store, tables: c.lookUp, clock: media.SystemClock{}, log: slog.New(slog.DiscardHandler)}
	id := hotline.NewConversationID(time.Now())
	file := func(errand string, o dialog.Order) (string, hotline.Filed) {
		t.Helper()
		done, body := k.Do(t.Context(), id, hotline.ChannelPhone, dialog.File{ID: errand, Order: o})
		number, _ := done.Result["number"].(string)
		return number, body.(hotline.Filed)
	}
	look := func(system string, input map[string]any) dialog.Done {
		t.Helper()
		done, _ := k.Do(t.Context(), id, hotline.ChannelPhone, dialog.LookUp{ID: "e9", System: system, Input: input, Timeout: time.Second})
		return done
	}
	number, filed := file("e1", dialog.Order{Kind: "new", Category: "env.noise", DispatchTo: "district.donghu"})
	if len(number) != 12 || filed.Number != number || filed.DispatchTo != "district.donghu" {
		t.Fatalf("filed %q %+v", number, filed)
	}
	if again, _ := file("e1", dialog.Order{Kind: "new", Category: "env.noise"}); again != number {
		t.Errorf("filed twice under one errand: %s and %s", number, again)
	}
	if got := look("ticket", map[string]any{"number": number}); got.Result["status"] != standing[""] {
		t.Errorf("a new order is %v", got)
	}
	file("e2", dialog.Order{Kind: "urge", Ticket: number})
	if got := look("ticket", map[string]any{"number": number}); got.Result["status"] != standing["urge"] {
		t.Errorf("an urged order is %v", got)
	}
	if got := look("ticket", map[string]any{"number": "261020000319"}); got.Result["status"] != "正在办理" || got.Failed != "" {
		t.Errorf("an order of the pack's table is %v", got)
	}
	if got := look("nothing", nil); got.Failed == "" {
		t.Error("a system that is not there answers")
	}
}
