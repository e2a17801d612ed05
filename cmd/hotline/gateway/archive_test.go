package gateway

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store"
	"github.com/hotline-cc/hotline/store/db"
)

// filled is a data folder with a call that ended, one that was cut off by a crash, and a text conversation.
type filled struct {
	cfg                 *config.Config
	store               *db.DB
	archive             archive
	ended, broken, text hotline.ConversationID
}

func fill(t *testing.T) *filled {
	t.Helper()
	f := &filled{cfg: config.Default()}
	f.cfg.Data = t.TempDir()
	var err error
	if f.store, err = OpenStorage(t.Context(), f.cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.store.Close() })
	journal, err := store.Open(store.Config{Dir: f.cfg.Data})
	if err != nil {
		t.Fatal(err)
	}
	f.archive = archive{journal: journal, store: f.store, recordings: recordingsOf(f.cfg)}
	now := time.Now()
	f.ended, f.broken, f.text = hotline.NewConversationID(now.AddDate(0, 0, -3)), hotline.NewConversationID(now), hotline.NewConversationID(now)
	begun := hotline.Started{Channel: hotline.ChannelPhone}
	f.append(t, f.ended, begun, hotline.Heard{Turn: 1, Text: "办社保卡"}, hotline.Ended{By: "caller"})
	f.append(t, f.broken, begun, hotline.HandedOver{Queue: "general"})
	events := []hotline.Event{{Conversation: f.text, Seq: 1, At: now, Body: hotline.Started{Channel: hotline.ChannelChat}}}
	if err := f.store.Begin(t.Context(), chat.Step{Record: chat.Record{ID: f.text, Version: 1, Seq: 1, Started: now, Last: now}, Events: events}); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *filled) append(t *testing.T, id hotline.ConversationID, bodies ...hotline.EventBody) {
	t.Helper()
	for _, b := range bodies {
		if _, err := f.archive.journal.Append(id, b); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *filled) behind(t *testing.T) []hotline.ConversationID {
	t.Helper()
	list, err := f.archive.behind(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAStartFindsWhatTheRecordsMissed(t *testing.T) {
	f := fill(t)
	all := []hotline.ConversationID{f.ended, f.broken, f.text}
	slices.Sort(all)
	if diff := cmp.Diff(all, f.behind(t)); diff != "" {
		t.Errorf("without records (-want +got):\n%s", diff)
	}
	x := records.NewIndexer(records.IndexerConfig{Source: f.archive, Keeper: f.store})
	if n, err := x.Index(t.Context(), slices.Values(all), time.Now().Add(time.Second)); n != 3 || err != nil {
		t.Fatalf("%d records, %v", n, err)
	}
	r, err := f.store.Record(t.Context(), f.broken)
	if err != nil || r.Outcome != records.Abandoned || !r.Over() {
		t.Errorf("the call that was cut off: %+v, %v", r, err)
	}
	if diff := cmp.Diff([]hotline.ConversationID{f.text}, f.behind(t)); diff != "" { // it is open
		t.Errorf("with records (-want +got):\n%s", diff)
	}
	f.append(t, f.broken, hotline.Rated{Grade: 5}) // after its end
	if got := f.behind(t); !slices.Contains(got, f.broken) {
		t.Errorf("a later event is missed: %v", got)
	}
}

func TestRecordsAreRebuilt(t *testing.T) {
	f := fill(t)
	gone := records.Record{Conversation: hotline.NewConversationID(time.Now()), Started: time.Now()}
	wrong := records.Record{Conversation: f.ended, Started: time.Now(), Summary: "不对"}
	if err := f.store.PutRecords(t.Context(), []records.Record{gone, wrong}); err != nil {
		t.Fatal(err)
	}
	done, err := RebuildRecords(t.Context(), f.cfg, slog.New(slog.DiscardHandler))
	if err != nil || done != (Rebuilt{Records: 3, Dropped: 1}) {
		t.Fatalf("%+v, %v", done, err)
	}
	r, err := f.store.Record(t.Context(), f.ended)
	if err != nil || r.Summary != "办社保卡" || r.Outcome != records.Bot {
		t.Errorf("record %+v, %v", r, err)
	}
	if r, err := f.store.Record(t.Context(), f.broken); err != nil || r.Over() {
		t.Errorf("a call that may go on has ended: %+v, %v", r, err)
	}
	if list, err := f.store.Records(t.Context(), records.Query{Text: "社保", Limit: 9}); err != nil || len(list) != 1 {
		t.Errorf("search finds %d, %v", len(list), err)
	}
}
