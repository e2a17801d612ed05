package packs_test

import (
	"os"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/dialog/script"
	"github.com/hotline-cc/hotline/packs"
)

// tenants are the packs that answer for the tenants that scripts name.
var tenants = map[string]string{"": "yunzhou", "gov": "yunzhou", "mfg": "maker", "finance": "bank"}

var morning = time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("CST", 8*60*60))

// players opens the packs that ship, once for all scripts of a test.
func players(tb testing.TB) map[string]script.Player {
	tb.Helper()
	out := map[string]script.Player{}
	for _, tenant := range []string{"gov", "mfg", "finance"} {
		p, err := packs.Open(tenants[tenant])
		if err != nil {
			tb.Fatalf("pack %s: %v", tenants[tenant], err)
		}
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

func TestEveryScriptPassesOnBothChannels(t *testing.T) {
	player := players(t)
	for _, name := range []string{"yunzhou/dialogues.yaml"} {
		for _, s := range readScripts(t, name) {
			for _, channel := range []string{"voice", "text"} {
				t.Run(s.ID+"/"+channel, func(t *testing.T) {
					r := player[s.Tenant].Play(s, channel)
					if r.Passed {
						return
					}
					for _, f := range r.Failures {
						t.Error(f)
					}
					for _, l := range r.Lines {
						t.Log(l)
					}
				})
			}
		}
	}
}
