package chat

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
)

// faulty is a dialog with a fault.
type faulty struct{ counting }

func (f faulty) Step(s dialog.State, e dialog.Event) (dialog.State, []dialog.Action) {
	if heard, ok := e.(dialog.Heard); ok && heard.Text == "故障" {
		panic("a fault")
	}
	return f.counting.Step(s, e)
}

func TestAFaultOfTheDialogIsAnErrorAndTheConversationGoesOn(t *testing.T) {
	h := hosted(t, newMemory(), func(c *Config) { c.Engine = func() dialog.Engine { return faulty{} } })
	id := begun(t, h)
	_, err := h.Post(t.Context(), id, Message{Text: "故障", Key: "k"})
	if hotline.CodeOf(err) != hotline.CodeInternal || strings.Contains(err.Error(), "a fault") {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"3 heard 1 一", "4 decided", "5 said 1"}, posted(t, h, id, "一")); diff != "" {
		t.Error(diff)
	}
}

// hanging is a database that stops answering.
type hanging struct{ *memory }

func (hanging) Commit(ctx context.Context, _ Step) error {
	<-ctx.Done()
	return hotline.Errorf("commit", hotline.CodeTimeout, "%w", ctx.Err())
}

func TestADatabaseThatHangsHoldsNoConversationForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		h := hosted(t, m, func(c *Config) { c.Keeper = hanging{m} })
		id := begun(t, h)
		began := time.Now()
		if _, err := h.Post(t.Context(), id, Message{Text: "一"}); hotline.CodeOf(err) != hotline.CodeTimeout {
			t.Error(err)
		}
		if took := time.Since(began); took != stepWithin {
			t.Errorf("took %v", took)
		}
	})
}
