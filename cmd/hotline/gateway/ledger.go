package gateway

import (
	"context"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/store/db"
)

// ledger keeps what the desk must not forget, and has the records follow.
type ledger struct {
	db.Ledger
	touch func(hotline.ConversationID)
}

// Keep implements desk.Ledger.
func (l ledger) Keep(ctx context.Context, entries []desk.Entry) error {
	if err := l.Ledger.Keep(ctx, entries); err != nil {
		return err
	}
	for _, e := range entries {
		if o, ok := e.(desk.Outcome); ok {
			l.touch(o.Conversation)
		}
	}
	return nil
}
