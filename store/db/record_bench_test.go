package db

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

// sayings are what the conversations of the benchmark are made of: with common words in most of them.
var sayings = strings.Fields("您好这里是政务服务热线请问有什么可以帮您 我想问一下社保卡怎么补办 居住证到期了要带什么材料 小区楼下夜里施工太吵没法睡觉 " +
	"公积金可以提取出来还房贷吗 请您稍等我为您查询 路灯坏了三天没有人来修 好的已经为您登记工单号稍后短信告知 转人工 谢谢再见 孩子上学学区怎么划分 " +
	"医保报销比例是多少 自来水停了什么时候来 退休金认证怎么办理 我要投诉物业乱收费")

// BenchmarkRecords measures pages of 50 out of 100,000 records of 20 sentences each, and reports what 95 of 100 take.
func BenchmarkRecords(b *testing.B) {
	d, err := Open(b.Context(), Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	const count = 100_000
	rnd := rand.New(rand.NewPCG(1, 2))
	outcomes := records.Outcomes()
	var list []records.Record
	for i := range count {
		began := morning.Add(time.Duration(i) * 20 * time.Second)
		r := records.Record{
			Conversation: hotline.NewConversationID(began), Channel: hotline.ChannelPhone, Caller: fmt.Sprint(13800000000 + rnd.IntN(50000)),
			Started: began, Ended: began.Add(time.Minute), Outcome: outcomes[rnd.IntN(len(outcomes))], Queue: fmt.Sprint("queue", rnd.IntN(8)),
			Agents: []string{fmt.Sprint("agent", rnd.IntN(200))}, Summary: sayings[rnd.IntN(len(sayings))],
		}
		lines := make([]string, 20)
		for j := range lines {
			lines[j] = records.Fold(sayings[rnd.IntN(len(sayings))])
		}
		if i%5000 == 0 {
			lines[7] = "天桥栏杆松动"
		}
		r.Text = strings.Join(lines, "\n")
		if list = append(list, r); len(list) == 500 {
			if err := d.PutRecords(b.Context(), list); err != nil {
				b.Fatal(err)
			}
			list = list[:0]
		}
	}
	from, to := morning.Add(count*10*time.Second), morning.Add(count*15*time.Second)
	for name, q := range map[string]records.Query{
		"latest": {}, "middle": {From: from, To: to}, "agent": {Agent: "agent7"}, "queue-outcome": {Queue: "queue3", Outcome: records.Refused},
		"own-queue": {Own: "agent7", Queue: "queue3"}, "caller": {Caller: "13800000100"}, "common": {Text: "社保卡"}, "common-time": {Text: "社保卡", From: from, To: to},
		"rare": {Text: "天桥栏杆"}, "nowhere": {Text: "工单社保"}, "common-own": {Text: "您查询", Own: "agent7"}, "common-rare-outcome": {Text: "稍等", Queue: "queue9"},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				q.Limit = 50
				began := time.Now()
				if _, err := d.Records(b.Context(), q); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}
