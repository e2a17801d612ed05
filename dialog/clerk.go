package dialog

import (
	"context"

	"github.com/hotline-cc/hotline"
)

// Clerk does the errands of conversations: it files requests and asks other systems.
type Clerk interface {
	// Do does an errand, a LookUp or a File, within a time of its own, and returns what the dialog and
	// the log are to be told of it. A conversation whose step is tried again, or whose turn is
	// taken back, gives an errand once more under the same ID: it takes the place of the one before.
	Do(ctx context.Context, c hotline.ConversationID, by hotline.Channel, errand Action) (Done, hotline.EventBody)
}
