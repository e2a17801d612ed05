package gateway

import (
	"log/slog"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store/db"
)

func TestWhatACallerHadBeforeLeavesOutWhatIsConfidential(t *testing.T) {
	c, store := opened(t, t.TempDir())
	defer func() { _ = store.Close() }()
	g := &Gateway{store: store, content: c, clerk: &clerk{orders: store, tables: c.lookUp, clock: media.SystemClock{}, log: slog.New(slog.DiscardHandler)}}
	const caller = "13800138000"
	talk := func(name string, secret bool, orders ...dialog.Order) {
		t.Helper()
		r := records.Record{Conversation: hotline.NewConversationID(time.Now()), Channel: hotline.ChannelPhone, Caller: caller, Started: time.Now(), Summary: name, Confidential: secret}
		if err := store.PutRecords(t.Context(), []records.Record{r}); err != nil {
			t.Fatal(err)
		}
		for _, o := range orders {
			if _, err := store.FileOrder(t.Context(), db.Order{Ref: o.Text, Conversation: r.Conversation, Order: o}); err != nil {
				t.Fatal(err)
			}
		}
	}
	talk("路灯", false, dialog.Order{Kind: "new", Text: "路灯不亮"}, dialog.Order{Kind: "new", Text: "举报科长", Confidential: true})
	talk("举报", true, dialog.Order{Kind: "new", Text: "举报处长"})

	contacts, err := g.contacts(t.Context(), caller, 9)
	if err != nil || len(contacts) != 2 {
		t.Fatalf("contacts %+v, %v", contacts, err)
	}
	for _, before := range contacts {
		if before.Summary != "" && before.Summary != "路灯" {
			t.Errorf("told of %q", before.Summary)
		}
	}
	orders, err := g.openOrders(t.Context(), caller)
	if err != nil || len(orders) != 1 || orders[0].Text != "路灯不亮" {
		t.Errorf("orders %+v, %v", orders, err)
	}
}
