package measure

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// RTPEngine is a running rtpengine without its kernel module.
type RTPEngine struct {
	Version string
	command *exec.Cmd
	control net.Conn
	cookie  int
}

// FindRTPEngine returns the program: that of $HOTLINE_RTPENGINE, else the one scripts/setup.sh has
// unpacked, else the system's; "" when there is none.
func FindRTPEngine() string {
	if path := os.Getenv("HOTLINE_RTPENGINE"); path != "" {
		return path
	}
	if cache, err := os.UserCacheDir(); err == nil {
		unpacked := filepath.Join(cache, "hotline", "rtpengine", "usr", "bin", "rtpengine")
		if _, err := os.Stat(unpacked); err == nil {
			return unpacked
		}
	}
	path, _ := exec.LookPath("rtpengine")
	return path
}

// StartRTPEngine starts the program with its default number of threads, all media on an address.
func StartRTPEngine(path string, host netip.Addr) (*RTPEngine, error) {
	probe, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
	if err != nil {
		return nil, err
	}
	control := probe.LocalAddr().String()
	_ = probe.Close()
	environment := append(os.Environ(), "LD_LIBRARY_PATH="+libraries(path))
	version := exec.Command(path, "--version")
	version.Env = environment
	out, err := version.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("start rtpengine: %w: %s", err, out)
	}
	e := &RTPEngine{Version: strings.TrimPrefix(strings.TrimSpace(string(out)), "Version: ")}
	e.command = exec.Command(path, "--config-file=none", "--table=-1", "--foreground", "--log-stderr", "--log-level=3",
		"--interface="+host.String(), "--listen-ng="+control, "--port-min=30000", "--port-max=39999")
	e.command.Env = environment
	e.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said bytes.Buffer
	e.command.Stderr = &said
	if err := e.command.Start(); err != nil {
		return nil, fmt.Errorf("start rtpengine: %w", err)
	}
	if e.control, err = net.Dial("udp", control); err == nil {
		for range 50 {
			if _, err = e.ask("4:ping"); err == nil {
				return e, nil
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	e.Close()
	return nil, fmt.Errorf("start rtpengine: %w\n%s", err, said.String())
}

// libraries returns the folders of the libraries that were unpacked with a program.
func libraries(path string) string {
	root := strings.TrimSuffix(path, "/usr/bin/rtpengine")
	folders, _ := filepath.Glob(root + "/usr/lib/*-linux-gnu")
	more, _ := filepath.Glob(root + "/lib/*-linux-gnu")
	return strings.Join(append(folders, more...), ":")
}

// PID is its process.
func (e *RTPEngine) PID() int { return e.command.Process.Pid }

// Close ends it.
func (e *RTPEngine) Close() {
	if e.control != nil {
		_ = e.control.Close()
	}
	_ = e.command.Process.Signal(syscall.SIGTERM)
	_ = e.command.Wait()
}

// Bridge makes it relay between two telephones, and returns where each is to send to.
func (e *RTPEngine) Bridge(name string, telephones [2]netip.AddrPort) (legs [2]netip.AddrPort, err error) {
	if legs[1], err = e.describe("5:offer", name, "", telephones[0]); err != nil {
		return legs, err
	}
	legs[0], err = e.describe("6:answer", name, "6:to-tag1:b", telephones[1])
	return legs, err
}

// describe tells it one side's session description and returns the address in the one it makes of it.
func (e *RTPEngine) describe(command, name, tag string, telephone netip.AddrPort) (netip.AddrPort, error) {
	sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\n"+
		"m=audio %[2]d RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n",
		telephone.Addr(), telephone.Port())
	answer, err := e.ask(fmt.Sprintf("%s7:call-id%s8:from-tag1:a%s3:sdp%s3:ICE6:remove", command, bencoded(name), tag, bencoded(sdp)))
	if err != nil {
		return netip.AddrPort{}, err
	}
	var host netip.Addr
	for line := range strings.Lines(answer) {
		line = strings.TrimSpace(line)
		if at, ok := strings.CutPrefix(line, "c=IN IP4 "); ok {
			host, _ = netip.ParseAddr(at)
		}
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "m=audio" {
			port, err := strconv.ParseUint(fields[1], 10, 16)
			if err == nil && host.IsValid() {
				return netip.AddrPortFrom(host, uint16(port)), nil
			}
		}
	}
	return netip.AddrPort{}, fmt.Errorf("rtpengine answered without an address: %q", answer)
}

func bencoded(s string) string { return strconv.Itoa(len(s)) + ":" + s }

// ask sends a command with its parameters, bencoded, and returns the text of the answer. What it
// says back is a dictionary; lines are all that is looked at in it.
func (e *RTPEngine) ask(command string) (string, error) {
	e.cookie++
	cookie := strconv.Itoa(e.cookie) + " "
	if _, err := e.control.Write([]byte(cookie + "d7:command" + command + "e")); err != nil {
		return "", err
	}
	buffer := make([]byte, 64<<10)
	if err := e.control.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return "", err
	}
	n, err := e.control.Read(buffer)
	if err != nil {
		return "", err
	}
	answer, ok := strings.CutPrefix(string(buffer[:n]), cookie)
	if !ok {
		return "", errors.New("rtpengine answered another question")
	}
	if strings.Contains(answer, "6:result5:error") {
		return "", fmt.Errorf("rtpengine: %s", answer)
	}
	if at := strings.Index(answer, "3:sdp"); at >= 0 {
		_, sdp, _ := strings.Cut(answer[at+len("3:sdp"):], ":")
		return sdp, nil
	}
	return answer, nil
}
