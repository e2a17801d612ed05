package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/cmd/hotline/measure/traffic"
)

// BenchRelayCmd is "hotline bench relay".
type BenchRelayCmd struct {
	Calls   []int         `help:"Bridged calls at once, a step each." default:"50,100,200,500"`
	Runs    int           `help:"Runs of each step; the median counts." default:"3"`
	Length  time.Duration `help:"How long a run counts." default:"5s"`
	Before  time.Duration `help:"How long a run goes on before it counts; rtpengine learns addresses for 3 s." default:"4s"`
	Profile string        `help:"Processor profile of our relay to write; that of the last run stays."`
}

// Run measures and prints.
func (*BenchRelayCmd) Run(env *Env, parent *BenchCmd) error { return parent.one(env, "relay") }

// relayResult is what came out.
type relayResult struct {
	RTPEngine string      `json:"rtpengine,omitempty"` // its version
	Steps     []relayStep `json:"steps"`
}

// relayStep compares two relays at so many calls.
type relayStep struct {
	Calls     int       `json:"calls"`
	PerSecond int       `json:"packets_per_second"` // that come, and as many go
	CPU       float64   `json:"cpu_per_call"`       // percent of a core, median of the runs
	TheirCPU  float64   `json:"rtpengine_cpu_per_call,omitempty"`
	Ratio     float64   `json:"ratio,omitempty"` // ours by theirs
	Ours      []relayed `json:"runs"`
	Theirs    []relayed `json:"rtpengine_runs,omitempty"`
}

// relayed is one run of one relay.
type relayed struct {
	CPU  float64 `json:"cpu_per_call"`
	Sent int     `json:"sent"`
	Lost int     `json:"lost"`
	P50  float64 `json:"p50_us"` // from one telephone to the other
	P99  float64 `json:"p99_us"`
}

func (r *relayResult) rows() []measure.Row {
	var rows []measure.Row
	if r.RTPEngine == "" {
		rows = append(rows, measure.Plain("rtpengine", "未安装 not installed: scripts/setup.sh rtpengine"))
	} else {
		rows = append(rows, measure.Plain("rtpengine", "%s", r.RTPEngine))
	}
	for _, s := range r.Steps {
		name := fmt.Sprintf("%d 路 calls, %d packets/s", s.Calls, s.PerSecond)
		if s.Theirs == nil {
			rows = append(rows, measure.Plain(name, "%s", describeRuns(s.CPU, s.Ours)))
			continue
		}
		rows = append(rows,
			measure.Row{
				What: name, Got: fmt.Sprintf("%.3f %% ∶ %.3f %% of a core a call, ratio %.2f", s.CPU, s.TheirCPU, s.Ratio),
				Want: "≤ 1", Verdict: measure.Judge(s.Ratio <= 1 && lost(s.Ours) <= lost(s.Theirs)),
			},
			measure.Plain("  hotline", "%s", describeRuns(s.CPU, s.Ours)),
			measure.Plain("  rtpengine", "%s", describeRuns(s.TheirCPU, s.Theirs)))
	}
	return rows
}

func describeRuns(cpu float64, runs []relayed) string {
	sent := 0
	var p50, p99 []float64
	for _, r := range runs {
		sent += r.Sent
		p50, p99 = append(p50, r.P50), append(p99, r.P99)
	}
	return fmt.Sprintf("%.3f %% a call, %d of %d lost, p50 %.0f µs, p99 %.0f µs", cpu, lost(runs), sent, median(p50), median(p99))
}

func lost(runs []relayed) (n int) {
	for _, r := range runs {
		n += r.Lost
	}
	return n
}

func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(of))[len(of)/2]
}

func (c *BenchRelayCmd) measure(b bench) (measured, error) {
	steps, runs, length := c.Calls, c.Runs, c.Length
	if b.Quick {
		steps, runs, length = steps[:1], 1, time.Second
	}
	result := &relayResult{}
	theirs := measure.FindRTPEngine()
	for _, calls := range steps {
		step := relayStep{Calls: calls, PerSecond: 2 * calls * int(time.Second/(20*time.Millisecond))}
		for i := range runs {
			b.env.progress("%d 路 calls, %d/%d …", calls, i+1, runs)
			ours, err := c.run(b, calls, length, c.startOurs)
			if err != nil {
				return nil, err
			}
			step.Ours = append(step.Ours, ours)
			if theirs == "" {
				continue
			}
			other, err := c.run(b, calls, length, func(ctx context.Context, calls int, telephones [2]netip.AddrPort) (relay, error) {
				e, err := startTheirs(theirs, calls, telephones)
				if err == nil {
					result.RTPEngine = e.Version
				}
				return e, err
			})
			if err != nil {
				return nil, err
			}
			step.Theirs = append(step.Theirs, other)
		}
		step.CPU = median(cpus(step.Ours))
		if theirs != "" {
			step.TheirCPU = median(cpus(step.Theirs))
			step.Ratio = step.CPU / step.TheirCPU
		}
		result.Steps = append(result.Steps, step)
		if err := json.NewEncoder(b.env.Stdout).Encode(step); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func cpus(runs []relayed) (of []float64) {
	for _, r := range runs {
		of = append(of, r.CPU)
	}
	return of
}

// relay is a process that passes on the packets of bridged calls.
type relay interface {
	PID() int
	Calls() []traffic.Call
	Close()
}

// run measures one relay once.
func (c *BenchRelayCmd) run(b bench, calls int, length time.Duration, start func(context.Context, int, [2]netip.AddrPort) (relay, error)) (relayed, error) {
	telephones, err := traffic.New(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	if err != nil {
		return relayed{}, err
	}
	defer telephones.Close()
	r, err := start(b.env.Ctx, calls, [2]netip.AddrPort{telephones.Addr(0), telephones.Addr(1)})
	if err != nil {
		return relayed{}, err
	}
	defer r.Close()
	var used [2]time.Duration
	var errs [2]error
	came, err := telephones.Run(b.env.Ctx, r.Calls(), c.Before, length,
		func() { used[0], errs[0] = measure.CPU(r.PID()) }, func() { used[1], errs[1] = measure.CPU(r.PID()) })
	if err := errors.Join(err, errs[0], errs[1]); err != nil {
		return relayed{}, err
	}
	microseconds := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
	return relayed{
		CPU:  100 * (used[1] - used[0]).Seconds() / length.Seconds() / float64(calls),
		Sent: came.Sent, Lost: came.Lost,
		P50: microseconds(came.Took.Percentile(50)), P99: microseconds(came.Took.Percentile(99)),
	}, nil
}

// ourRelay is BenchRelayerCmd.
type ourRelay struct {
	command *exec.Cmd
	calls   []traffic.Call
}

// PID implements relay.
func (o *ourRelay) PID() int { return o.command.Process.Pid }

// Calls implements relay.
func (o *ourRelay) Calls() []traffic.Call { return o.calls }

// Close implements relay.
func (o *ourRelay) Close() {
	_ = o.command.Process.Signal(syscall.SIGTERM)
	_ = o.command.Wait()
}

func (c *BenchRelayCmd) startOurs(ctx context.Context, calls int, telephones [2]netip.AddrPort) (relay, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program: %w", err)
	}
	log := &tail{}
	o := &ourRelay{command: exec.CommandContext(ctx, self, "bench", "relayer", "--calls="+strconv.Itoa(calls),
		"--telephone="+telephones[0].String(), "--telephone="+telephones[1].String(), "--profile="+c.Profile)}
	o.command.Stderr = log
	o.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := o.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := o.command.Start(); err != nil {
		return nil, fmt.Errorf("start the relay: %w", err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &o.calls)
	}
	if err != nil {
		o.Close()
		return nil, fmt.Errorf("start the relay: %w\n%s", err, log.String())
	}
	return o, nil
}

// theirRelay is rtpengine.
type theirRelay struct {
	*measure.RTPEngine
	calls []traffic.Call
}

// Calls implements relay.
func (t *theirRelay) Calls() []traffic.Call { return t.calls }

func startTheirs(path string, calls int, telephones [2]netip.AddrPort) (*theirRelay, error) {
	engine, err := measure.StartRTPEngine(path, telephones[0].Addr())
	if err != nil {
		return nil, err
	}
	t := &theirRelay{RTPEngine: engine}
	for i := range calls {
		legs, err := engine.Bridge("call-"+strconv.Itoa(i), telephones)
		if err != nil {
			engine.Close()
			return nil, err
		}
		t.calls = append(t.calls, legs)
	}
	return t, nil
}
