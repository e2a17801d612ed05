package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
)

// BenchCmd measures gateways of its own, each in a process of its own, over real calls on loopback.
type BenchCmd struct {
	JSON   bool   `help:"End with one JSON line instead of a table." name:"json"`
	Quick  bool   `help:"Measure less, to see that everything works; the numbers mean little."`
	Models string `help:"Folder of the models; else $$HOTLINE_MODELS, else the user's cache folder."`
	Model  string `help:"Recognition model, by name or path." default:"whisper-base"`

	All        BenchAllCmd        `cmd:"" help:"全部 Everything below, as one table and one JSON file."`
	Setup      BenchSetupCmd      `cmd:"" help:"呼叫建立 Calls per second without speech; memory per idle call."`
	Pacing     BenchPacingCmd     `cmd:"" help:"发包间隔 How evenly 100 calls are sent their sound; processor per call."`
	Latency    BenchLatencyCmd    `cmd:"" help:"应答时延 Last voiced sample of a question to the first packet of the answer."`
	Bargein    BenchBargeinCmd    `cmd:"" name:"bargein" help:"打断 How soon prompts stop for callers, and that they do not for anything else."`
	Chat       BenchChatCmd       `cmd:"" help:"文字会话 Message to answer with 1000 people writing; memory per conversation."`
	CER        BenchCERCmd        `cmd:"" name:"cer" help:"字错率 Character error rate through a call, beside whisper-cli."`
	Handoff    BenchHandoffCmd    `cmd:"" help:"转人工 Asked for to ringing at an agent, accepted to both being heard."`
	Conference BenchConferenceCmd `cmd:"" help:"三方通话 Clicks, drift and recording of a conference of three."`
	Desk       BenchDeskCmd       `cmd:"" help:"坐席分配 How long the desk decides with 200 agents, 1000 people waiting and 50 a second coming."`
	Relay      BenchRelayCmd      `cmd:"" help:"媒体转发 Processor per bridged call, beside rtpengine in user space."`

	Gateway BenchGatewayCmd `cmd:"" hidden:"" help:"The gateway that is measured."`
	Relayer BenchRelayerCmd `cmd:"" hidden:"" help:"The relay that is measured."`
}

// bench is what the benchmarks share.
type bench struct {
	*BenchCmd
	env *Env
}

// measured is the result of a benchmark: it is encoded to JSON, and shown as rows.
type measured interface{ rows() []measure.Row }

// faulty is a result of a gateway that did not do what was asked: the command fails when it is shown.
type faulty interface{ fault() error }

func faultOf(m measured) error {
	if f, may := m.(faulty); may {
		return f.fault()
	}
	return nil
}

// benchmark is one of them.
type benchmark struct {
	name, title string
	run         func(bench) (measured, error)
}

// benchmarks lists them in the order in which "all" runs them.
func benchmarks(c *BenchCmd) []benchmark {
	return []benchmark{
		{"setup", "呼叫建立 call set-up", c.Setup.measure},
		{"pacing", "发包间隔 pacing", c.Pacing.measure},
		{"latency", "应答时延 latency", c.Latency.measure},
		{"bargein", "打断 barge-in", c.Bargein.measure},
		{"chat", "文字会话 text conversations", c.Chat.measure},
		{"handoff", "转人工 handoff", c.Handoff.measure},
		{"conference", "三方通话 conference", c.Conference.measure},
		{"desk", "坐席分配 desk", c.Desk.measure},
		{"relay", "媒体转发 relay", c.Relay.measure},
		{"cer", "字错率 character errors", c.CER.measure},
	}
}

// one runs a single benchmark and prints what came out.
func (c *BenchCmd) one(env *Env, name string) error {
	for _, b := range benchmarks(c) {
		if b.name != name {
			continue
		}
		result, err := b.run(bench{c, env})
		if err != nil {
			return fmt.Errorf("bench %s: %w", name, err)
		}
		if c.JSON {
			err = json.NewEncoder(env.Stdout).Encode(result)
		} else {
			err = measure.WriteTable(env.Stdout, b.title, append(result.rows(), measure.Plain("", "%s", c.machine())))
		}
		return errors.Join(err, faultOf(result))
	}
	return hotline.Errorf("bench", hotline.CodeInternal, "no benchmark %s", name)
}

func (c *BenchCmd) machine() measure.Machine {
	m := measure.ThisMachine()
	m.Model = c.Model
	return m
}

// BenchAllCmd runs every benchmark.
type BenchAllCmd struct {
	Output string `short:"o" help:"JSON file to write." default:"bench.json" type:"path"`
}

// Run prints the tables and writes the file. One that fails does not stop the others.
func (c *BenchAllCmd) Run(env *Env, parent *BenchCmd) error {
	machine := parent.machine()
	all := map[string]any{"machine": machine}
	var failed []error
	for _, b := range benchmarks(parent) {
		env.progress("—— %s", b.title)
		result, err := b.run(bench{parent, env})
		if err != nil {
			failed = append(failed, fmt.Errorf("bench %s: %w", b.name, err))
			env.progress("失败 failed: %v", err)
			continue
		}
		all[b.name] = result
		if err := faultOf(result); err != nil {
			failed = append(failed, fmt.Errorf("bench %s: %w", b.name, err))
		}
		if !parent.JSON {
			if err := measure.WriteTable(env.Stdout, b.title, result.rows()); err != nil {
				return err
			}
		}
		if env.Ctx.Err() != nil {
			break
		}
	}
	content, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = os.WriteFile(c.Output, append(content, '\n'), 0o644)
	}
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	if parent.JSON {
		err = json.NewEncoder(env.Stdout).Encode(all)
	} else {
		_, err = fmt.Fprintf(env.Stdout, "\n%s\n%s\n", machine, c.Output)
	}
	return errors.Join(append(failed, err)...)
}

// progress tells on the side how far a long command is.
func (e *Env) progress(format string, args ...any) {
	_, _ = fmt.Fprintf(e.Stderr, format+"\n", args...)
}

// start returns a gateway whose prompts have been rendered. pack is "" for the built-in dialog; kind is
// that of BenchGatewayCmd.
func (b bench) start(ctx context.Context, kind gatewayKind) (*rig, error) {
	cache, err := promptCache()
	if err != nil {
		return nil, err
	}
	b.env.progress("启动网关 starting the gateway …")
	r, err := startRig(ctx, rigConfig{
		Models: b.Models, ASR: b.Model, Cache: cache,
		Serve: []string{"--log-level=warn", "bench", "gateway", "--kind=" + string(kind)},
	})
	if err != nil || !kind.speaks() {
		return r, err
	}
	if err := r.awaitPrompts(ctx, func(s string) { b.env.progress("预渲染话术 prompts rendered %s", s) }); err != nil {
		_ = r.close()
		return nil, err
	}
	return r, nil
}
