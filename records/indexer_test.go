package records

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf holds logs and records in memory; the real ones are tried in store/db and cmd/hotline.
type shelf struct {
	mu   sync.Mutex
	logs map[hotline.ConversationID][]hotline.Event
	kept map[hotline.ConversationID]Record
	puts int
	fail error
}

func newShelf() *shelf {
	return &shelf{logs: map[hotline.ConversationID][]hotline.Event{}, kept: map[hotline.ConversationID]Record{}}
}

func (s *shelf) Events(_ context.Context, id hotline.ConversationID) ([]hotline.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.logs[id] == nil {
		return nil, hotline.Errorf("read", hotline.CodeNotFound, "none")
	}
	return slices.Clone(s.logs[id]), nil
}

func (s *shelf) Recording(hotline.ConversationID) string { return "folder" }

func (s *shelf) Aside(context.Context, hotline.ConversationID) (Aside, error) { return Aside{}, nil }

func (s *shelf) PutRecords(_ context.Context, list []Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.puts++
	for _, r := range list {
		s.kept[r.Conversation] = r
	}
	return nil
}

func (s *shelf) last() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[conv].Last
}

func TestAnIndexerFollowsTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		x := NewIndexer(IndexerConfig{Source: s, Keeper: s})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = x.Run(ctx) })
		say := func(body hotline.EventBody) {
			s.mu.Lock()
			e := hotline.Event{Conversation: conv, Seq: uint64(len(s.logs[conv]) + 1), At: time.Now(), Body: body}
			s.logs[conv] = append(s.logs[conv], e)
			s.mu.Unlock()
			x.Note(e)
		}
		wantAfter := func(d time.Duration, last uint64) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if got := s.last(); got != last {
				t.Errorf("the record is at event %d, want %d", got, last)
			}
		}
		say(hotline.Started{Channel: hotline.ChannelChat})
		wantAfter(soonEvery+time.Millisecond, 1)
		say(hotline.Heard{Text: "你好"})
		wantAfter(soonEvery, 1)
		wantAfter(laterEvery*soonEvery, 2)
		puts := s.puts
		wantAfter(time.Minute, 2)
		if s.puts != puts {
			t.Error("a record was written though nothing happened")
		}
		s.mu.Lock()
		s.fail = errors.New("the disk is full")
		s.mu.Unlock()
		say(hotline.HandedOver{})
		wantAfter(3*soonEvery, 2)
		s.mu.Lock()
		s.fail = nil
		s.mu.Unlock()
		wantAfter(2*soonEvery, 3)
		say(hotline.Heard{Text: "再见"})
		cancel()
		wg.Wait()
		wantAfter(0, 4)
	})
}

func TestWhatIsBrokenOffHasAnEnd(t *testing.T) {
	call := logOf(begun, asked)
	chat := logOf(told{0, hotline.Started{Channel: hotline.ChannelChat}}, asked)
	for name, c := range map[string]struct {
		events []hotline.Event
		broken time.Time
		ended  bool
	}{
		"a call of before":      {call, at(11), true},
		"a call that goes on":   {call, at(10), false},
		"a call that has ended": {logOf(begun, ended(5)), at(11), true},
		"a chat goes on later":  {chat, at(11), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf()
			s.logs[conv] = c.events
			x := NewIndexer(IndexerConfig{Source: s, Keeper: s})
			n, err := x.Index(t.Context(), slices.Values([]hotline.ConversationID{conv, "gone"}), c.broken)
			if n != 1 || err != nil {
				t.Fatalf("%d records, %v", n, err)
			}
			if got := s.kept[conv]; got.Over() != c.ended || got.Last != c.events[len(c.events)-1].Seq || got.Recording != "folder" {
				t.Errorf("record %+v", got)
			}
		})
	}
}
