package engine

import (
	"slices"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
)

// mend makes a state that other flows left, or a broken disk, one that these flows can go on from:
// what it refers to and is gone is forgotten, and what was asked about it is asked anew. A state that
// this engine left stays as it is.
func (t *step) mend() {
	f := &t.s.Focus
	f.NoInput, f.NoMatch = max(f.NoInput, 0), max(f.NoMatch, 0)
	t.s.Errands, t.s.Abused = max(t.s.Errands, 0), max(t.s.Abused, 0)
	if _, known := t.house.Safety[t.s.Safety]; t.s.Safety != "" && !known {
		t.s.Safety = string(nlu.OtherDanger)
	}
	for name, count := range t.s.Said {
		t.s.Said[name] = max(count, 0)
	}
	if len(t.s.Stack) > flow.MaxCalls {
		t.s.Stack = t.s.Stack[:flow.MaxCalls]
	}
	if !t.fits(*f) {
		t.s.Focus = dialog.Focus{}
	}
}

// fits reports whether a focus is on what the house and the node it is at know.
func (t *step) fits(f dialog.Focus) bool {
	_, known := t.house.Slots[f.Slot]
	n, _, here := t.here()
	switch f.Kind {
	case dialog.FocusSlot, dialog.FocusCaller:
		return known
	case dialog.FocusWhich:
		return known && len(f.Labels) > 0
	case dialog.FocusConfirm:
		return len(f.Items) > 0 && !slices.ContainsFunc(f.Items, func(name string) bool {
			_, known := t.house.Slots[name]
			return !known || t.s.Facts[name].Value == ""
		})
	case dialog.FocusChoose:
		return here && n.Kind == flow.Choose && len(f.Labels) == len(n.Options)
	case dialog.FocusOffer:
		return len(f.Items) > 0 && len(f.Items) == len(f.Labels)
	case dialog.FocusErrand:
		return here && (n.Kind == flow.LookUp || n.Kind == flow.File)
	case dialog.FocusOpen, dialog.FocusNone, dialog.FocusMessage, dialog.FocusNumber, dialog.FocusGrade:
		return true
	}
	return false
}
