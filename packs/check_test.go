package packs_test

import (
	"testing"

	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/packs"
)

// known is what the flows of a pack may refer to, on a day.
type known struct {
	pack *pack.Pack
	day  kb.Day
}

func (k known) Entry(id string) (valid, found bool) {
	e, found := k.pack.Base.Entry(id)
	return found && e.Public() && kb.Validity(e, k.day) == kb.Valid, found
}

func (k known) Category(id string) bool { _, found := k.pack.Base.Category(id); return found }
func (k known) Group(id string) bool    { return k.Category(id) }

func (k known) Connector(name string) bool { _, found := k.pack.Systems[name]; return found }

func TestEveryPackIsCheckedWithoutErrorOrWarning(t *testing.T) {
	for _, name := range packs.Names() {
		files, dir := packs.Folder(name)
		set, problems := flow.Load(files, dir)
		if set == nil {
			t.Fatal(name, problems)
		}
		for _, problem := range append(problems, set.Check(known{open(t, name), kb.DayOf(morning)})...) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}
