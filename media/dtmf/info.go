package dtmf

import (
	"fmt"
	"mime"
	"strconv"
	"strings"
	"time"
)

// The content types that carry a key in a SIP INFO. No RFC defines them; gateways agree on them.
const (
	ContentTypeRelay = "application/dtmf-relay" // lines "Signal=5" and "Duration=160" (milliseconds)
	ContentTypePlain = "application/dtmf"       // the key itself
)

// maxInfo is the longest body we read, in bytes.
const maxInfo = 256

// ParseInfo reads the key out of a SIP INFO body. Its duration is 0 when the body tells none.
// The caller fills in At.
func ParseInfo(contentType string, body []byte) (Event, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return Event{}, fmt.Errorf("content type of INFO: %w", err)
	}
	if len(body) > maxInfo {
		return Event{}, fmt.Errorf("INFO body of %d bytes is longer than %d", len(body), maxInfo)
	}
	signal, duration := strings.TrimSpace(string(body)), time.Duration(0)
	switch {
	case kind == ContentTypeRelay:
		signal, duration, err = relay(signal)
		if err != nil {
			return Event{}, err
		}
	case kind != ContentTypePlain:
		return Event{}, fmt.Errorf("content type %q of INFO carries no key", kind)
	}
	key, err := signalKey(signal)
	if err != nil {
		return Event{}, err
	}
	return Event{Key: key, Source: SourceInfo, Duration: duration}, nil
}

// Info returns the content type and body of a SIP INFO that carries a key.
func Info(k Key, pressed time.Duration) (contentType string, body []byte) {
	return ContentTypeRelay, fmt.Appendf(nil, "Signal=%s\r\nDuration=%d\r\n", k, pressed.Milliseconds())
}

// relay reads the lines of an application/dtmf-relay body.
func relay(body string) (signal string, duration time.Duration, err error) {
	for line := range strings.Lines(body) {
		name, value, _ := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "signal":
			signal = value
		case "duration":
			ms, err := strconv.ParseUint(value, 10, 16)
			if err != nil {
				return "", 0, fmt.Errorf("duration of key in INFO: %w", err)
			}
			duration = time.Duration(ms) * time.Millisecond
		}
	}
	return signal, duration, nil
}

// signalKey reads a key written as itself or, from 10 on, as its event code.
func signalKey(signal string) (Key, error) {
	if len(signal) == 1 {
		if k := Key(strings.ToUpper(signal)[0]); strings.IndexByte(keys, byte(k)) >= 0 {
			return k, nil
		}
	}
	if code, err := strconv.ParseUint(signal, 10, 8); err == nil {
		if k, ok := KeyOf(uint8(code)); ok {
			return k, nil
		}
	}
	return 0, fmt.Errorf("signal %q in INFO is not a key", signal)
}
