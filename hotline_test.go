package hotline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

func TestConversationIDTellsItsTime(t *testing.T) {
	want := time.Date(2026, 11, 24, 9, 30, 0, 123e6, time.UTC)
	got, err := hotline.NewConversationID(want).Time()
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(want) {
		t.Errorf("time %v, want %v", got, want)
	}
}

func TestForeignConversationIDsAreRefused(t *testing.T) {
	id := string(hotline.NewConversationID(time.Now()))
	for _, bad := range []string{
		"", "../../etc/passwd", id[1:], id + "0", strings.ToUpper(id[:25]) + "V", id[:25] + "w", id[:13] + "/" + id[14:],
		id[:13] + "\n" + id[13:],
	} {
		if _, err := hotline.ConversationID(bad).Time(); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%q: error %v, want code %s", bad, err, hotline.CodeInvalid)
		}
	}
}
