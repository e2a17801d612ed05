package sip

import (
	"context"
	"log/slog"
	"time"

	"github.com/hotline-cc/hotline/sip/screen"
)

// quietly is how far apart lines that say the same of the same source are at least.
const quietly = 10 * time.Second

// stackHandler takes the log of the SIP stack. Its errors become warnings, because they tell of peers
// and not of us, and what it says of messages that we consumed is left out.
type stackHandler struct{ slog.Handler }

// StackLogger returns a logger for the SIP stack, which tells of foreign packets. The connections of
// sipgo log to its package's default; the program that runs an Endpoint sets that once, with
// SetDefaultLogger.
func StackLogger(log *slog.Logger) *slog.Logger {
	return slog.New(stackHandler{screen.Quiet(log.Handler(), quietly)})
}

func (h stackHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.Handler.Enabled(ctx, min(level, slog.LevelWarn))
}

func (h stackHandler) Handle(ctx context.Context, r slog.Record) error {
	switch r.Message {
	case "Server tx failed to handle request", "Failed to send stateless 400 for malformed request", "Client tx failed to handle response":
		return nil
	}
	r.Level = min(r.Level, slog.LevelWarn)
	return h.Handler.Handle(ctx, r)
}

func (h stackHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return stackHandler{h.Handler.WithAttrs(attrs)}
}

func (h stackHandler) WithGroup(name string) slog.Handler {
	return stackHandler{h.Handler.WithGroup(name)}
}

// printable returns s without control characters and no longer than most bytes.
func printable(s string, most int) string {
	out := make([]rune, 0, min(len(s), most))
	size := 0
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		if size += len(string(r)); size > most {
			break
		}
		out = append(out, r)
	}
	return string(out)
}
