package call

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// pad writes down the keys that are pressed for a line.
type pad struct{ pressed string }

func (p *pad) SendKeys(keys ...dtmf.Key) error {
	for _, k := range keys {
		p.pressed += k.String()
	}
	return nil
}

// presses has an agent press keys and returns why not.
func (h hall) presses(by, keys string) (code hotline.Code) {
	h.tell(desk.Commanded{By: by, Command: desk.Command{Verb: desk.Press, Keys: keys}, Reply: func(err error) { code = hotline.CodeOf(err) }})
	return code
}

func TestKeysAreForTheSecondParty(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		h.tell(liOffered, desk.Accepted{Offer: "1", Agent: "li"})
		h.together(time.Second)
		if code := h.presses("li", "1"); code != hotline.CodeConflict {
			t.Errorf("with the person alone: %q", code)
		}
		h.tell(ordered("li", desk.Consult, desk.Target{Number: "05551234567"}, nil))
		h.together(time.Second)
		if code := h.presses("wang", "2"); code != hotline.CodeConflict {
			t.Errorf("by somebody else: %q", code)
		}
		if code := h.presses("li", "3#"); code != "" {
			t.Errorf("in a consultation: %q", code)
		}
		if peer := h.legs["05551234567"].pressed; peer != "3#" || h.pressed != "" {
			t.Errorf("the second party got %q, the person %q", peer, h.pressed)
		}
		h.end()
	})
}

func TestKeysAreForWhomWeHaveCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeopleOf(map[string]*party{"li": newParty(16000, 700)})
		s := newStage(t, func(_ *stage, c *Config) {
			c.Desk, c.Lines, c.Attend = p, p, desk.Agent{ID: "li", Name: "李", Device: desk.Browser}
		})
		h := hall{s, p}
		h.together(time.Second)
		if code := h.presses("wang", "1"); code != hotline.CodeConflict {
			t.Errorf("by somebody else: %q", code)
		}
		if code := h.presses("li", "2*"); code != "" || s.pressed != "2*" {
			t.Errorf("talking: %q, pressed %q", code, s.pressed)
		}
		h.tell(ordered("li", desk.Hold, desk.Target{}, nil))
		if code := h.presses("li", "3"); code != hotline.CodeConflict {
			t.Errorf("on hold: %q", code)
		}
		h.end()
	})
}
