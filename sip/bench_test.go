package sip

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkSetUp measures whole calls: INVITE, 200 with media ports open and ticking, ACK, BYE.
// The caller is as cheap as can be, because it shares the machine.
func BenchmarkSetUp(b *testing.B) {
	e := start(b, nil)
	const callers = 32
	var calls atomic.Int64
	var waited atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for c := range callers {
		all.Go(func() {
			conn, err := net.Dial("udp", e.Addr(UDP).String())
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			local := conn.LocalAddr().String()
			buffer := make([]byte, 4096)
			for {
				n := calls.Add(1)
				if n > int64(b.N) {
					return
				}
				id := fmt.Sprintf("c%dn%d", c, n)
				begun := time.Now()
				tag, err := exchange(conn, buffer, local, id, "INVITE", 1, "", g711)
				if err != nil {
					b.Error(err)
					return
				}
				waited.Add(int64(time.Since(begun)))
				_, _ = conn.Write(simple(local, id, "ACK", 1, tag, ""))
				if _, err := exchange(conn, buffer, local, id, "BYE", 2, tag, ""); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(waited.Load())/float64(b.N)/1e6, "ms/answer")
}

func simple(local, id, method string, seq int, tag, body string) []byte {
	if tag != "" {
		tag = ";tag=" + tag
	}
	kind := ""
	if body != "" {
		kind = "Content-Type: application/sdp\r\n"
	}
	return fmt.Appendf(nil, "%s sip:hotline@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%s;rport\r\nFrom: <sip:b@%s>;tag=%s\r\n"+
		"To: <sip:hotline@127.0.0.1>%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:b@%s>\r\nMax-Forwards: 70\r\n%sContent-Length: %d\r\n\r\n%s",
		method, local, id, method, local, id, tag, id, seq, method, local, kind, len(body), body)
}

// exchange sends a request until it is answered with 200 and returns the tag of To.
func exchange(conn net.Conn, buffer []byte, local, id, method string, seq int, tag, body string) (string, error) {
	request := simple(local, id, method, seq, tag, body)
	for range 10 {
		if _, err := conn.Write(request); err != nil {
			return "", err
		}
		_ = conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				break
			}
			answer := buffer[:n]
			if !bytes.HasPrefix(answer, []byte("SIP/2.0 200")) || !bytes.Contains(answer, fmt.Appendf(nil, "CSeq: %d %s", seq, method)) ||
				!bytes.Contains(answer, []byte("Call-ID: "+id+"\r\n")) {
				continue
			}
			_, rest, _ := strings.Cut(string(answer), "\r\nTo: ")
			to, _, _ := strings.Cut(rest, "\r\n")
			_, tag, _ := strings.Cut(to, "tag=")
			return tag, nil
		}
	}
	return "", fmt.Errorf("%s %s was not answered", method, id)
}

// BenchmarkIdleCall measures what a call that stands holds of heap and stacks, its transaction
// included, which the SIP timers keep for some seconds.
func BenchmarkIdleCall(b *testing.B) {
	e := start(b, nil)
	conn, err := net.Dial("udp", e.Addr(UDP).String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	local, buffer := conn.LocalAddr().String(), make([]byte, 4096)
	tags := make([]string, b.N)
	before := held()
	for i := range tags {
		id := fmt.Sprint("idle", i)
		if tags[i], err = exchange(conn, buffer, local, id, "INVITE", 1, "", g711); err != nil {
			b.Fatal(err)
		}
		_, _ = conn.Write(simple(local, id, "ACK", 1, tags[i], ""))
	}
	b.StopTimer()
	b.ReportMetric(float64(held()-before)/float64(b.N), "B/call")
	for i, tag := range tags {
		if _, err := exchange(conn, buffer, local, fmt.Sprint("idle", i), "BYE", 2, tag, ""); err != nil {
			b.Fatal(err)
		}
	}
}

func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
