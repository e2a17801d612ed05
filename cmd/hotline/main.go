// Command hotline answers phones: it takes calls by SIP and RTP, understands Mandarin with a local
// model, follows a dialog and speaks the answers. Each subcommand stands in a file of its own.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/hotline-cc/hotline"
)

// CLI is the command line. A subcommand is a struct whose Run(*Env) error does the work.
type CLI struct {
	LogLevel slog.Level `help:"Least level of log lines: debug, info, warn or error." default:"info" env:"HOTLINE_LOG_LEVEL"`

	Serve   ServeCmd   `cmd:"" help:"运行网关 Run the gateway."`
	Call    CallCmd    `cmd:"" help:"软电话 Place a call, play files, press keys, record."`
	Demo    DemoCmd    `cmd:"" help:"演示 Start a gateway, call it, and check what it answers."`
	Models  ModelsCmd  `cmd:"" help:"管理模型 List, fetch, import and verify speech models."`
	Doctor  DoctorCmd  `cmd:"" help:"检查环境 Say what is missing and how to get it."`
	Speech  SpeechCmd  `cmd:"" help:"语音引擎 Serve speech recognition and synthesis; the gateway starts this by itself."`
	Flow    FlowCmd    `cmd:"" help:"流程 Check, compare and format dialog flows."`
	Config  ConfigCmd  `cmd:"" help:"配置样例 Print the configuration with every default and what it means."`
	Bench   BenchCmd   `cmd:"" help:"性能测试 Measure latency, barge-in, pacing and call set-up."`
	Eval    EvalCmd    `cmd:"" help:"评测 Measure how well recordings are understood."`
	Train   TrainCmd   `cmd:"" help:"训练语义模型 Train what understands sentences from the utterances of a pack."`
	Kb      KbCmd      `cmd:"" help:"知识库 Check, import, export and look up knowledge."`
	Key     KeyCmd     `cmd:"" help:"API 密钥 Make, list and revoke API keys."`
	Records RecordsCmd `cmd:"" help:"会话记录 Look after the list of conversations."`
	User    UserCmd    `cmd:"" help:"用户 Make, list and change the people who log in."`
	Say     SayCmd     `cmd:"" help:"语音合成 Speak a text into a WAV file."`
}

// Env is what a subcommand may use of the outside world. Ctx ends at SIGINT or SIGTERM.
type Env struct {
	Ctx            context.Context
	Log            *slog.Logger
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and returns the exit status: 0 done, 1 failed, 2 not understood.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli CLI
	exited, status := false, 0
	parser, err := kong.New(&cli,
		kong.Name("hotline"),
		kong.Description("自托管语音热线网关 A self-hosted voice gateway."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited, status = true, code }),
		kong.UsageOnError(),
	)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "hotline:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if exited {
		return status
	}
	if err != nil {
		parser.Errorf("%v", err)
		return 2
	}
	env := &Env{
		Ctx:    ctx,
		Log:    slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: cli.LogLevel})),
		Stdin:  os.Stdin,
		Stdout: stdout,
		Stderr: stderr,
	}
	if err := command.Run(env); err != nil {
		_, _ = fmt.Fprintf(stderr, "hotline: %v\n", err)
		if hotline.CodeOf(err) == hotline.CodeInvalid {
			return 2
		}
		return 1
	}
	return 0
}
