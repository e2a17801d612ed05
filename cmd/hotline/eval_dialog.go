package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/script"
	"github.com/hotline-cc/hotline/packs"
)

// EvalDialogCmd plays scripted conversations and compares what the dialog does with what they expect.
type EvalDialogCmd struct {
	File    string    `help:"Scripts, as packs/yunzhou/dialogues.yaml." required:"" type:"existingfile"`
	Pack    string    `help:"Pack that answers all scripts, a folder or yunzhou, maker or bank; else by the tenant of each."`
	Model   string    `help:"Model of the understanding; else the one that comes with the gateway." placeholder:"FILE"`
	Channel string    `help:"Play all on voice or text instead of their own channel." enum:",voice,text,both" default:""`
	Only    string    `help:"Play this script only." placeholder:"ID"`
	Show    bool      `help:"Print the conversations for people instead of JSON lines."`
	Today   time.Time `help:"Day of the conversations; else the day the pack was written for." format:"2006-01-02"`
}

// tenants are the packs that answer for the tenants scripts name.
var tenants = map[string]string{"": "yunzhou", "gov": "yunzhou", "mfg": "maker", "finance": "bank"}

// dialogTotals is the last line.
type dialogTotals struct {
	Dialogues    int     `json:"dialogues"`
	Passed       int     `json:"passed"`
	Expectations int     `json:"expectations"`
	Met          int     `json:"met"`
	PassRate     float64 `json:"pass_rate"`
	MetRate      float64 `json:"met_rate"`
}

// Run prints one JSON line for each script and one with the totals; it fails unless all passed.
func (c *EvalDialogCmd) Run(env *Env) error {
	scripts, err := readTable(c.File, script.Read)
	if err != nil {
		return err
	}
	return c.play(env, scripts)
}

func (c *EvalDialogCmd) play(env *Env, scripts []script.Script) (err error) {
	players := map[string]script.Player{}
	lines := json.NewEncoder(env.Stdout)
	lines.SetEscapeHTML(false)
	var sum dialogTotals
	for _, s := range scripts {
		if c.Only != "" && s.ID != c.Only {
			continue
		}
		p, ok := players[s.Tenant]
		if !ok {
			if p, err = c.player(s.Tenant); err != nil {
				return err
			}
			players[s.Tenant] = p
		}
		for _, channel := range c.channels() {
			if !s.On(channel) {
				continue
			}
			r := p.Play(s, channel)
			sum.add(r)
			if c.Show {
				showScript(env, r)
			} else {
				_ = lines.Encode(r)
			}
		}
	}
	if err := lines.Encode(sum); err != nil {
		return err
	}
	if sum.Passed < sum.Dialogues {
		return hotline.Errorf("eval dialog", hotline.CodeInvalid, "%d 个脚本没有通过 scripts did not pass", sum.Dialogues-sum.Passed)
	}
	return nil
}

func (c *EvalDialogCmd) channels() []string {
	if c.Channel == "both" {
		return []string{"voice", "text"}
	}
	return []string{c.Channel}
}

func (t *dialogTotals) add(r script.Result) {
	t.Dialogues++
	t.Expectations += r.Of
	t.Met += r.Met
	if r.Passed {
		t.Passed++
	}
	t.PassRate, t.MetRate = float64(t.Passed)/float64(t.Dialogues), float64(t.Met)/float64(max(t.Expectations, 1))
}

func showScript(env *Env, r script.Result) {
	verdict := "✓"
	if !r.Passed {
		verdict = "✗"
	}
	env.printf("%s %s %s (%s, %d/%d)", verdict, r.ID, r.Title, r.Channel, r.Met, r.Of)
	for _, l := range r.Lines {
		env.printf("%s", l)
	}
	for _, f := range r.Failures {
		env.printf("    ✗ %s", f)
	}
}

func (c *EvalDialogCmd) player(tenant string) (script.Player, error) {
	place := tenants[tenant]
	if c.Pack != "" {
		place = c.Pack
	}
	if place == "" {
		return script.Player{}, hotline.Errorf("eval dialog", hotline.CodeInvalid, "没有租户 %q 的内容包，请用 --pack no pack for this tenant", tenant)
	}
	p, err := packs.Open(place)
	if err != nil {
		return script.Player{}, fmt.Errorf("pack %s: %w", place, err)
	}
	if c.Model != "" {
		read := func(r io.Reader, file string) (*nlu.Model, error) { return nlu.Read(r, file, nil) }
		if p.Model, err = readTable(c.Model, read); err != nil {
			return script.Player{}, err
		}
	}
	engine, err := p.Engine()
	if err != nil {
		return script.Player{}, err
	}
	day := c.Today
	if day.IsZero() {
		day, _ = time.Parse(time.DateOnly, string(p.Base.AsOf())) // a base has a sound one
	}
	now := time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	return script.Player{Engine: engine, Systems: p.Systems.LookUp, Now: now}, nil
}
