package db

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/slot"
	"github.com/hotline-cc/hotline/kb"
)

func TestARequestFiledTwiceIsOneRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		d.now = func() time.Time { return noon }
		want := Order{
			Ref: "c/e1", Conversation: "c", Channel: hotline.ChannelChat,
			Order: dialog.Order{Kind: "new", Category: "城管.噪音", Text: "半夜施工", Facts: map[string]string{"district": "东湖区"}},
		}
		filed := make([]Order, 8)
		var all sync.WaitGroup
		for i := range filed {
			all.Go(func() {
				var err error
				if filed[i], err = d.FileOrder(t.Context(), want); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, o := range filed[1:] {
			if diff := cmp.Diff(filed[0], o); diff != "" {
				t.Fatal(diff)
			}
		}
		if diff := cmp.Diff(want, filed[0], cmpopts.IgnoreFields(Order{}, "ID", "Number", "At")); diff != "" {
			t.Error(diff)
		}
		n := filed[0].Number
		if !regexp.MustCompile(`^261126\d{6}$`).MatchString(n) || slot.CheckDigit(n[:11]) != n[11] {
			t.Errorf("number %s", n)
		}
		found, err := d.Order(t.Context(), n)
		if diff := cmp.Diff(filed[0], found); diff != "" || err != nil {
			t.Error(diff, err)
		}
		list, err := d.Orders(t.Context(), "c")
		if diff := cmp.Diff(filed[:1], list); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestAnOrderThatIsFiledAgainTakesThePlaceOfTheOneBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		file := func(ref string, o dialog.Order) Order {
			t.Helper()
			filed, err := d.FileOrder(t.Context(), Order{Ref: ref, Conversation: "c", Order: o})
			if err != nil {
				t.Fatal(err)
			}
			return filed
		}
		first := file("c/e1", dialog.Order{Kind: "new", Text: "路灯不亮"})
		second := file("c/e1", dialog.Order{Kind: "new", Text: "路灯不亮，一共三盏"})
		if second.Number != first.Number || second.Text != "路灯不亮，一共三盏" {
			t.Errorf("filed again: %+v", second)
		}
		file("c/e2", dialog.Order{Kind: "urge", Ticket: first.Number})
		file("c/e3", dialog.Order{Kind: "append", Ticket: first.Number})
		file("c/e3", dialog.Order{Kind: dialog.OrderVoid})
		actions, err := d.Actions(t.Context(), first.Number)
		if err != nil || len(actions) != 1 || actions[0].Kind != "urge" || actions[0].Number != "" {
			t.Errorf("actions %+v %v", actions, err)
		}
		file("c/e1", dialog.Order{Kind: dialog.OrderVoid})
		if _, err := d.Order(t.Context(), first.Number); hotline.CodeOf(err) != hotline.CodeNotFound {
			t.Errorf("a void order is found: %v", err)
		}
	})
}
func TestKeysAreListedAndRevokedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		d.now = func() time.Time { return noon }
		want := Key{ID: "k1", Name: "业务系统", Hash: "h", Scopes: []string{"chat", "read"}, Created: noon}
		if err := d.PutKey(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if err := d.PutKey(t.Context(), want); err == nil {
			t.Error("an id was used twice")
		}
		if err := d.RevokeKey(t.Context(), "k1"); err != nil {
			t.Fatal(err)
		}
		if err := d.RevokeKey(t.Context(), "k1"); hotline.CodeOf(err) != hotline.CodeNotFound {
			t.Error(err)
		}
		want.Revoked = noon
		list, err := d.Keys(t.Context())
		if diff := cmp.Diff([]Key{want}, list); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestTheInboxKeepsClustersAndAddsHits(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		var s kb.Store = Inbox{open(t)}
		a := kb.Cluster{ID: 1, Text: "停水了吗", Samples: []kb.Sample{{Text: "停水了吗", Count: 2}}, Count: 2, First: noon, Last: noon, State: kb.ClusterOpen}
		b := a
		b.ID, b.Count = 2, 7
		changed := a
		changed.Count = 3
		for _, c := range []kb.Cluster{a, b, changed} {
			if err := s.PutCluster(c); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // one that is not there is no error
			if err := s.DropCluster(2); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Clusters()
		if diff := cmp.Diff([]kb.Cluster{changed}, list); diff != "" || err != nil {
			t.Error(diff, err)
		}
		for _, h := range []kb.Hits{{Day: "2026-01-01", Entry: "x", Count: 1}, {Day: "2026-01-02", Entry: "x", Count: 2}, {Day: "2026-01-02", Entry: "x", Count: 3}, {Day: "2026-01-03", Entry: "x", Count: 9}} {
			if err := s.AddHits(h.Day, h.Entry, h.Count); err != nil {
				t.Fatal(err)
			}
		}
		hits, err := s.Hits("2026-01-01", "2026-01-02")
		if diff := cmp.Diff([]kb.Hits{{Day: "2026-01-01", Entry: "x", Count: 1}, {Day: "2026-01-02", Entry: "x", Count: 5}}, hits); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestChangesOfKnowledgeReplaceOneAnother(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		e := kb.Entry{ID: "kb.a", Question: "问", Similar: []string{"还问"}, Version: 2, Status: kb.StatusDraft}
		if err := d.Change(t.Context(), map[string]*kb.Entry{"kb.a": {ID: "kb.a"}, "kb.b": {ID: "kb.b"}}); err != nil {
			t.Fatal(err)
		}
		if err := d.Change(t.Context(), map[string]*kb.Entry{"kb.a": &e, "kb.b": nil}); err != nil {
			t.Fatal(err)
		}
		got, err := d.Changes(t.Context())
		if diff := cmp.Diff(map[string]*kb.Entry{"kb.a": &e, "kb.b": nil}, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestFilesAndRatingsBelongToTheirConversation(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		r := begun(t, d, "v")
		want := Attachment{Conversation: r.ID, ID: "f", Name: "照片.jpg", Type: "image/jpeg", Size: 12, SHA256: "ab"}
		if err := d.PutAttachment(t.Context(), want, Quota{1, 12}, nil); err != nil {
			t.Fatal(err)
		}
		got, err := d.Attachment(t.Context(), r.ID, "f")
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Attachment{}, "At", "BaseModel")); diff != "" || err != nil {
			t.Error(diff, err)
		}
		for _, q := range []Quota{{1, 99}, {2, 23}} {
			more := want
			more.ID = "g"
			if err := d.PutAttachment(t.Context(), more, q, func() error { panic("placed") }); hotline.CodeOf(err) != hotline.CodeTooLarge {
				t.Error(q, err)
			}
		}
		full, lost := errors.New("disk full"), want
		lost.ID = "h"
		if err := d.PutAttachment(t.Context(), lost, Quota{9, 99}, func() error { return full }); !errors.Is(err, full) {
			t.Error(err)
		}
		if _, err := d.Attachment(t.Context(), r.ID, "h"); hotline.CodeOf(err) != hotline.CodeNotFound {
			t.Error("told of without content:", err)
		}
		stranger := want
		stranger.Conversation = hotline.NewConversationID(noon)
		if err := d.PutAttachment(t.Context(), stranger, Quota{9, 99}, nil); err == nil {
			t.Error("a file of no conversation is kept")
		}
		for score := range 2 {
			if err := d.PutRating(t.Context(), Rating{Conversation: r.ID, Score: score + 4, Comment: "谢谢"}); err != nil {
				t.Fatal(err)
			}
		}
		if rating, err := d.Rating(t.Context(), r.ID); rating.Score != 5 || rating.Comment != "谢谢" || err != nil {
			t.Error(rating, err)
		}
	})
}

func TestAStorageThatCannotBeOpenedSaysWhyAndKeepsThePassword(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no folder":       {},
		"another product": {URL: "mysql://u:geheim@host/x"},
		"nobody there":    {URL: "postgres://u:geheim@127.0.0.1:1/x?connect_timeout=1"},
		"not a URL":       {URL: "postgres://u:geheim@host:port/x"},
		"no such folder":  {Dir: "/nonexistent/folder"},
	} {
		d, err := Open(t.Context(), cfg)
		if err == nil {
			_ = d.Close()
			t.Errorf("%s: opened", name)
		} else if strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
