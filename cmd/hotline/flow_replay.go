package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/cmd/hotline/gateway"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/dialog/replay"
	"github.com/hotline-cc/hotline/dialog/script"
	"github.com/hotline-cc/hotline/packs"
	"github.com/hotline-cc/hotline/store"
)

// FlowReplayCmd is "hotline flow replay".
type FlowReplayCmd struct {
	Pack   string `arg:"" optional:"" help:"Folder of the new version, or a pack that is built in; without, the demo city."`
	Config string `short:"c" help:"Configuration of the gateway that recorded the conversations." type:"existingfile"`
	Days   int    `help:"How many days back." default:"7"`
	JSON   bool   `help:"Print the changes as JSON lines."`
}

// replayTotals is the last line.
type replayTotals struct {
	Conversations int `json:"conversations"`
	Changed       int `json:"changed"`
	Unreadable    int `json:"unreadable"`
}

// Run plays what was recorded against a pack and prints whose outcome changes.
func (c *FlowReplayCmd) Run(env *Env) error {
	cfg := config.Default()
	var err error
	if c.Config != "" {
		if cfg, err = config.Load(c.Config); err != nil {
			return err
		}
	}
	p, err := packs.Open(c.Pack)
	if err != nil {
		return err
	}
	engine, err := p.Engine()
	if err != nil {
		return err
	}
	var sum replayTotals
	lines := json.NewEncoder(env.Stdout)
	lines.SetEscapeHTML(false)
	err = c.each(env, cfg, func(events []hotline.Event, err error) error {
		change, compared := compare(engine, events, err)
		sum.Conversations++
		switch {
		case compared != nil:
			sum.Unreadable++
			_, _ = fmt.Fprintln(env.Stderr, compared)
			return nil
		case change == nil:
			return nil
		}
		sum.Changed++
		if c.JSON {
			return lines.Encode(change)
		}
		env.printf("%s 第 %d 轮 turn：%s", change.Conversation, change.Turn, change.Heard)
		env.printf("  原 before %s", shownOutcome(change.Before))
		env.printf("  新 after  %s", shownOutcome(change.After))
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return lines.Encode(sum)
	}
	env.printf("重放 %d 个会话，%d 个结果改变，%d 个无法读取 conversations replayed, changed, unreadable", sum.Conversations, sum.Changed, sum.Unreadable)
	return nil
}

func compare(engine dialog.Engine, events []hotline.Event, err error) (*replay.Change, error) {
	if err != nil {
		return nil, err
	}
	return replay.Compare(engine, events)
}

func shownOutcome(o replay.Outcome) string {
	text, _ := json.Marshal(o) // strings and a bool
	return string(text)
}

// each reads the conversations of the last days, of the phone and of the chat.
func (c *FlowReplayCmd) each(env *Env, cfg *config.Config, do func([]hotline.Event, error) error) (err error) {
	journal, err := store.Open(store.Config{Dir: cfg.Data, Logger: env.Log})
	if err != nil {
		return err
	}
	database, err := gateway.OpenStorage(env.Ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	now := time.Now()
	for back := c.Days; back >= 0; back-- {
		list, err := journal.List(now.AddDate(0, 0, -back))
		if err != nil {
			return err
		}
		for _, id := range list {
			if err := do(journal.Read(id)); err != nil {
				return err
			}
		}
	}
	chats, err := database.Conversations(env.Ctx, now.AddDate(0, 0, -c.Days), now)
	if err != nil {
		return err
	}
	for _, id := range chats {
		var events []hotline.Event
		for {
			page, err := database.Events(env.Ctx, id, uint64(len(events)), chat.MaxPage)
			if err != nil {
				return err
			}
			events = append(events, page...)
			if len(page) < chat.MaxPage {
				break
			}
		}
		if err := do(events, nil); err != nil {
			return err
		}
	}
	return err
}

// FlowTestCmd is "hotline flow test".
type FlowTestCmd struct {
	Pack    string `arg:"" optional:"" help:"Folder of the pack, or one that is built in; without, the demo city."`
	File    string `help:"Scripts; without, all dialogues*.yaml of the pack." type:"existingfile"`
	Channel string `help:"Play all on voice, text or both." enum:"voice,text,both" default:"both"`
	Show    bool   `help:"Print the conversations."`
}

// Run plays the written conversations of a pack and fails unless all go as written.
func (c *FlowTestCmd) Run(env *Env) error {
	scripts, err := c.scripts()
	if err != nil {
		return err
	}
	place := c.Pack
	if place == "" {
		place = packs.Default
	}
	return (&EvalDialogCmd{Pack: place, Channel: c.Channel, Show: c.Show}).play(env, scripts)
}

func (c *FlowTestCmd) scripts() ([]script.Script, error) {
	if c.File != "" {
		return readTable(c.File, script.Read)
	}
	files, dir := packs.Folder(c.Pack)
	names, err := fs.Glob(files, path.Join(dir, pack.ScriptFiles))
	if err != nil || len(names) == 0 {
		return nil, hotline.Errorf(opFlow, hotline.CodeInvalid, "没有 no %s", path.Join(dir, pack.ScriptFiles))
	}
	var all []script.Script
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, hotline.Errorf(opFlow, hotline.CodeInvalid, "%w", err)
		}
		list, err := script.Read(bytes.NewReader(data), name)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}
