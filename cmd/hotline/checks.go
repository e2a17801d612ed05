package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	ort "github.com/yalue/onnxruntime_go"
	"golang.org/x/sys/unix"

	"github.com/hotline-cc/hotline/models"
	"github.com/hotline-cc/hotline/tts/kokoro"
)

const (
	wantFiles     = 4096    // two sockets a call, and files for recording
	wantReceive   = 4 << 20 // bytes a socket may buffer when the process is not scheduled for a while
	wantDiskBytes = 2 << 30 // a day of a few lines' recordings
)

func (c *DoctorCmd) checks() []func(context.Context) []finding {
	return []func(context.Context) []finding{
		c.checkModels, checkRuntime, c.checkPorts, checkLimits, checkFirewall, c.checkDisk, checkPeers,
	}
}

// checkModels looks at what a first call needs.
func (c *DoctorCmd) checkModels(ctx context.Context) []finding {
	store, err := models.Open(c.Models)
	if err != nil {
		return []finding{{missing, "模型目录 models folder", err.Error()}}
	}
	list, err := store.List()
	if err == nil && c.Full {
		var names []string
		for _, e := range list {
			if e.Default {
				names = append(names, e.Name)
			}
		}
		list, err = store.Verify(ctx, names...)
	}
	if err != nil {
		return []finding{{missing, "模型目录 models folder " + store.Dir(), err.Error()}}
	}
	var findings []finding
	for _, e := range list {
		switch {
		case !e.Default:
		case e.State == models.StateInstalled:
			findings = append(findings, finding{fine, "模型 model " + e.Name, ""})
		default:
			findings = append(findings, finding{missing, fmt.Sprintf("模型 model %s: %s", e.Name, stateText(e.State)), "hotline models pull " + e.Name})
		}
	}
	return findings
}

// checkRuntime loads the library that the speech synthesiser runs in.
func checkRuntime(context.Context) []finding {
	path := kokoro.LibraryPath()
	ort.SetSharedLibraryPath(path)
	if err := ort.InitializeEnvironment(); err != nil {
		return []finding{{missing, "onnxruntime: " + err.Error(), "make setup，或设置 or set " + kokoro.LibraryVariable}}
	}
	version := ort.GetVersion()
	if err := ort.DestroyEnvironment(); err != nil {
		return []finding{{warning, "onnxruntime " + version + ": " + err.Error(), ""}}
	}
	return []finding{{fine, "onnxruntime " + version + " " + path, ""}}
}

// checkPorts tries the port that the gateway will want.
func (c *DoctorCmd) checkPorts(ctx context.Context) []finding {
	address := net.JoinHostPort("", strconv.Itoa(c.SIPPort))
	what := fmt.Sprintf("SIP 端口 port %d", c.SIPPort)
	var config net.ListenConfig
	udp, err := config.ListenPacket(ctx, "udp", address)
	if err == nil {
		_ = udp.Close()
		var tcp net.Listener
		if tcp, err = config.Listen(ctx, "tcp", address); err == nil {
			_ = tcp.Close()
			return []finding{{fine, what, ""}}
		}
	}
	return []finding{{warning, what + ": " + err.Error(), fmt.Sprintf("查看占用进程 who holds it: ss -lunpt 'sport = :%d'", c.SIPPort)}}
}

// checkLimits looks at what the kernel grants a process.
func checkLimits(context.Context) []finding {
	var findings []finding
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err == nil {
		f := finding{fine, fmt.Sprintf("打开文件上限 open files %d", files.Cur), ""}
		if files.Cur < wantFiles {
			f.verdict, f.remedy = warning, fmt.Sprintf("ulimit -n %d", wantFiles)
		}
		findings = append(findings, f)
	}
	if bytes, err := readInt("/proc/sys/net/core/rmem_max"); err == nil {
		f := finding{fine, fmt.Sprintf("接收缓冲上限 net.core.rmem_max %d", bytes), ""}
		if bytes < wantReceive {
			f.verdict, f.remedy = warning, fmt.Sprintf("sysctl -w net.core.rmem_max=%d", wantReceive)
		}
		findings = append(findings, f)
	}
	return findings
}

// checkFirewall warns of the kernel module that rewrites SIP messages and breaks calls.
func checkFirewall(context.Context) []finding {
	if _, err := os.Stat("/sys/module/nf_conntrack_sip"); err == nil {
		return []finding{{warning, "内核模块 nf_conntrack_sip 会改写信令 rewrites SIP", "modprobe -r nf_nat_sip nf_conntrack_sip"}}
	}
	return []finding{{fine, "nf_conntrack_sip 未加载 not loaded", ""}}
}

// checkDisk looks at the room for recordings.
func (c *DoctorCmd) checkDisk(context.Context) []finding {
	dir := c.Data
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return []finding{{missing, "数据目录 data folder " + dir + ": " + err.Error(), ""}}
	}
	free := int64(fs.Bavail) * fs.Bsize
	f := finding{fine, fmt.Sprintf("可用空间 free on %s: %s", dir, models.Megabytes(free)), ""}
	if free < wantDiskBytes {
		f.verdict, f.remedy = warning, "至少需要 at least "+models.Megabytes(wantDiskBytes)
	}
	return []finding{f}
}

// checkPeers looks for the programs that the tests place calls with.
func checkPeers(context.Context) []finding {
	var findings []finding
	for _, peer := range []struct{ program, packageName string }{
		{"sipp", "sip-tester"}, {"baresip", "baresip-core"},
	} {
		f := finding{fine, "测试工具 test peer " + peer.program, ""}
		if _, err := exec.LookPath(peer.program); err != nil {
			f.verdict, f.remedy = warning, "仅测试需要 for tests only: apt-get install "+peer.packageName
		}
		findings = append(findings, f)
	}
	return findings
}

func readInt(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}
