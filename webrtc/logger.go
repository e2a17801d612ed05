package webrtc

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// stackLogger takes the logs of ICE and DTLS. They tell of foreign packets, so nothing in them is more than a detail.
type stackLogger struct{ log *slog.Logger }

// NewLogger implements logging.LoggerFactory.
func (s stackLogger) NewLogger(scope string) logging.LeveledLogger {
	return stackLogger{s.log.With("scope", scope)}
}

func (s stackLogger) say(text string) { s.log.Debug(text) }

func (s stackLogger) sayf(format string, args ...any) {
	if s.log.Enabled(context.Background(), slog.LevelDebug) {
		s.log.Debug(fmt.Sprintf(format, args...))
	}
}

func (s stackLogger) Trace(string)                      {}
func (s stackLogger) Tracef(string, ...any)             {}
func (s stackLogger) Debug(text string)                 { s.say(text) }
func (s stackLogger) Debugf(format string, args ...any) { s.sayf(format, args...) }
func (s stackLogger) Info(text string)                  { s.say(text) }
func (s stackLogger) Infof(format string, args ...any)  { s.sayf(format, args...) }
func (s stackLogger) Warn(text string)                  { s.say(text) }
func (s stackLogger) Warnf(format string, args ...any)  { s.sayf(format, args...) }
func (s stackLogger) Error(text string)                 { s.say(text) }
func (s stackLogger) Errorf(format string, args ...any) { s.sayf(format, args...) }
