package packs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/dialog/script"
	"github.com/hotline-cc/hotline/packs"
)

// tenants are the packs that answer for the tenants that scripts name.
var tenants = map[string]string{"": "yunzhou", "gov": "yunzhou", "mfg": "maker", "finance": "bank"}

var morning = time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("CST", 8*60*60))

// opened reads each pack that ships once; with the race detector one takes seconds.
var opened = sync.OnceValues(func() (map[string]*pack.Pack, error) {
	out := map[string]*pack.Pack{}
	for _, name := range packs.Names() {
		p, err := packs.Open(name)
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
		out[name] = p
	}
	return out, nil
})

func open(tb testing.TB, name string) *pack.Pack {
	tb.Helper()
	all, err := opened()
	if err != nil {
		tb.Fatal(err)
	}
	return all[name]
}

// players are the dialogs of the packs that ship.
func players(tb testing.TB) map[string]script.Player {
	tb.Helper()
	out := map[string]script.Player{}
	for _, tenant := range []string{"gov", "mfg", "finance"} {
		p := open(tb, tenants[tenant])
		engine, err := p.Engine()
		if err != nil {
			tb.Fatal(err)
		}
		out[tenant] = script.Player{Engine: engine, Systems: p.Systems.LookUp, Now: morning}
	}
	out[""] = out["gov"]
	return out
}

func readScripts(tb testing.TB, name string) []script.Script {
	tb.Helper()
	f, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	list, err := script.Read(f, name)
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

// waiting are scripts that fail because a sentence is not understood yet, by the sentence.
var waiting = map[string]string{
	"dlg.dev.08": "我们小区电梯三天坏了四回 我要投诉物业: the category is that of the thing that is broken",
	"dlg.dev.20": "多久有人联系我: kb.hot.progress",
}

func TestEveryScriptPassesOnBothChannels(t *testing.T) {
	player := players(t)
	files, err := filepath.Glob("*/dialogues*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		for _, s := range readScripts(t, name) {
			for _, channel := range []string{"voice", "text"} {
				if !s.On(channel) {
					continue
				}
				t.Run(s.ID+"/"+channel, func(t *testing.T) {
					r := player[s.Tenant].Play(s, channel)
					if r.Passed {
						return
					}
					for _, l := range slices.Concat(r.Lines, r.Failures) {
						t.Log(l)
					}
					if why := waiting[s.ID]; why != "" {
						t.Skip(why)
					}
					t.Fail()
				})
			}
		}
	}
}
