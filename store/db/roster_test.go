package db

import (
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk/roster"
)

func TestAPartOfTheRosterIsKeptWithItsEntryOrNotAtAll(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		part := func(version int, body string) roster.Part {
			return roster.Part{Kind: roster.Queue, ID: "q", Version: version, Body: []byte(body), Author: "root", At: time.Now()}
		}
		entry := account.Entry{At: time.Now(), Who: "root", Action: roster.ActionQueueChanged, Subject: "q"}
		for _, step := range []struct {
			what string
			err  error
			code hotline.Code
		}{
			{"first", d.PutPart(t.Context(), part(1, "one"), 0, entry), ""},
			{"first again", d.PutPart(t.Context(), part(1, "x"), 0, entry), hotline.CodeConflict},
			{"second", d.PutPart(t.Context(), part(2, "two"), 1, entry), ""},
			{"one that rests on an old version", d.PutPart(t.Context(), part(2, "x"), 1, entry), hotline.CodeConflict},
			{"dropping an old version", d.DropPart(t.Context(), part(1, ""), entry), hotline.CodeConflict},
		} {
			if hotline.CodeOf(step.err) != step.code {
				t.Errorf("%s: %v, want %q", step.what, step.err, step.code)
			}
		}
		parts, err := d.Parts(t.Context())
		if err != nil || len(parts) != 1 || string(parts[0].Body) != "two" || parts[0].Version != 2 || parts[0].Author != "root" {
			t.Errorf("parts %+v, %v", parts, err)
		}
		if err := d.DropPart(t.Context(), part(2, ""), entry); err != nil {
			t.Error(err)
		}
		if n, _, err := d.VerifyEntries(t.Context()); n != 3 || err != nil {
			t.Errorf("%d entries, %v", n, err)
		}
	})
}
