/* A network cable with a delay, a line rate, a bounded queue and losses, between two network namespaces.

   Makes two network namespaces with a TUN device in each (198.18.0.1 near, 198.18.0.2 far; RFC 2544) and carries
   IP packets between them. The namespaces have no other way out, and end with this process.

   Prints "near FD far FD": /proc/PID/fd/FD are the namespaces, for setns(2). Then each line of standard input sets

       DELAY_US RATE_KBIT LOSE_ONE_IN SEED QUEUE_BYTES

   for both directions: the delay one way, the line rate (0: none), one packet in so many is lost (0: none) by a
   generator seeded with SEED, and what does not fit into the queue in front of the line is dropped. It is answered
   by "CARRIED LOST DROPPED FIRST", since the line before: packets, and when the first connection was asked for
   (nanoseconds of the monotonic clock; 0: none was). The end of standard input ends the program. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MTU = 1500, SLOTS = 1 << 16, BATCH = 64, DEVICE_QUEUE = 10000 };
enum { ETHERNET = 38 }; /* bytes each packet costs on the line besides its own: preamble, header, check, gap */

struct waiting {
    int64_t due; /* ns */
    uint32_t slot, length;
};

struct direction {
    int from, to;
    struct waiting queue[SLOTS]; /* in the order of their times */
    uint32_t first, count;
    int64_t line_free; /* when the line has sent what is queued */
    int64_t looked; /* when nothing was waiting: what is read later came later */
    uint64_t random;
};

static uint8_t packets[SLOTS][MTU];
static uint32_t unused[SLOTS], unused_count;
static struct direction directions[2];
static int64_t delay, rate, lose_one_in, seed, queue_bytes; /* ns, kbit/s, packets, -, bytes */
static long carried, lost, dropped;
static int64_t first; /* ns */

static void check(int result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static uint64_t next_random(uint64_t *state)
{
    /* splitmix64: good also with small seeds */
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void no_ipv6(void)
{
    /* Its announcements would shift which packets are lost. */
    int file = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);
    if (file >= 0 && write(file, "1", 1) == 1)
        close(file);
}

static void up(int sock, const char *name, const char *address, const char *mask)
{
    struct ifreq request = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&request.ifr_addr;
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (address) {
        in->sin_family = AF_INET;
        inet_pton(AF_INET, address, &in->sin_addr);
        check(ioctl(sock, SIOCSIFADDR, &request), "SIOCSIFADDR");
        inet_pton(AF_INET, mask, &in->sin_addr);
        check(ioctl(sock, SIOCSIFNETMASK, &request), "SIOCSIFNETMASK");
        request.ifr_mtu = MTU;
        check(ioctl(sock, SIOCSIFMTU, &request), "SIOCSIFMTU");
        request.ifr_qlen = DEVICE_QUEUE; /* only the queue of the line drops packets */
        check(ioctl(sock, SIOCSIFTXQLEN, &request), "SIOCSIFTXQLEN");
    }
    check(ioctl(sock, SIOCGIFFLAGS, &request), "SIOCGIFFLAGS");
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    check(ioctl(sock, SIOCSIFFLAGS, &request), "SIOCSIFFLAGS");
}

/* Make a namespace, and move this process into it. */
static int new_namespace(const char *address, int *device)
{
    struct ifreq request = {0};
    int sock, namespace;

    check(unshare(CLONE_NEWNET), "unshare");
    check(namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "/proc/self/ns/net");
    no_ipv6();
    check(*device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun");
    strcpy(request.ifr_name, "wire");
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    check(ioctl(*device, TUNSETIFF, &request), "TUNSETIFF");
    check(sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    up(sock, "lo", NULL, NULL);
    up(sock, "wire", address, "255.254.0.0");
    close(sock);
    return namespace;
}

/* Whether it is a SYN without ACK (RFC 9293 3.1). */
static int asks_for_connection(const uint8_t *packet, uint32_t length)
{
    uint32_t header = 4 * (packet[0] & 15);
    return packet[9] == IPPROTO_TCP && length > header + 13 && (packet[header + 13] & 0x12) == 0x02;
}

static void take(struct direction *d, uint32_t slot, uint32_t length, int64_t moment)
{
    /* This process may have come late: the line would have begun at once. */
    int64_t start = d->line_free > d->looked ? d->line_free : d->looked;

    if (!first && asks_for_connection(packets[slot], length))
        first = moment;
    if (lose_one_in && next_random(&d->random) % lose_one_in == 0) {
        lost++;
        unused[unused_count++] = slot;
        return;
    }
    /* kbit/s times ns: bits times 1,000,000 */
    if (rate && (start - moment) * rate / 8000000 > queue_bytes) {
        dropped++;
        unused[unused_count++] = slot;
        return;
    }
    d->line_free = rate ? start + (int64_t)(length + ETHERNET) * 8000000 / rate : start;
    d->queue[(d->first + d->count++) % SLOTS] = (struct waiting){d->line_free + delay, slot, length};
}

/* Returns how many packets were read. */
static int read_some(struct direction *d)
{
    int64_t moment = now();
    int count = 0;
    while (count < BATCH && unused_count) {
        uint32_t slot = unused[unused_count - 1];
        ssize_t length = read(d->from, packets[slot], MTU);
        if (length <= 0)
            break;
        unused_count--;
        count++;
        take(d, slot, length, moment);
    }
    if (count < BATCH)
        d->looked = moment;
    return count;
}

/* Returns how many packets were written. */
static int write_due(struct direction *d, int64_t moment)
{
    int count = 0;
    while (count < BATCH && d->count && d->queue[d->first].due <= moment) {
        struct waiting *w = &d->queue[d->first];
        if (write(d->to, packets[w->slot], w->length) == (ssize_t)w->length)
            carried++;
        unused[unused_count++] = w->slot;
        d->first = (d->first + 1) % SLOTS;
        d->count--;
        count++;
    }
    return count;
}

static void obey(void)
{
    char line[200];
    long microseconds, kbit, one_in, number, bytes;

    if (!fgets(line, sizeof line, stdin))
        exit(0);
    if (sscanf(line, "%ld %ld %ld %ld %ld", &microseconds, &kbit, &one_in, &number, &bytes) != 5) {
        fprintf(stderr, "not understood: %s", line);
        exit(1);
    }
    delay = microseconds * 1000, rate = kbit, lose_one_in = one_in, seed = number, queue_bytes = bytes;
    for (int i = 0; i < 2; i++) {
        directions[i].random = 2 * seed + i;
        directions[i].line_free = 0;
    }
    printf("%ld %ld %ld %lld\n", carried, lost, dropped, (long long)first);
    fflush(stdout);
    carried = lost = dropped = 0;
    first = 0;
}

static void wait_for_something(void)
{
    struct pollfd files[] = {{directions[0].from, POLLIN, 0}, {directions[1].from, POLLIN, 0}, {0, POLLIN, 0}};
    int64_t due = INT64_MAX, left;
    struct timespec timeout;

    for (int i = 0; i < 2; i++)
        if (directions[i].count && directions[i].queue[directions[i].first].due < due)
            due = directions[i].queue[directions[i].first].due;
    left = due == INT64_MAX ? 0 : due - now();
    if (left < 0)
        left = 0;
    timeout.tv_sec = left / 1000000000;
    timeout.tv_nsec = left % 1000000000;
    if (ppoll(files, 3, due == INT64_MAX ? NULL : &timeout, NULL) > 0 && files[2].revents)
        obey();
    directions[0].looked = directions[1].looked = now();
}

int main(void)
{
    int near, far;

    prctl(PR_SET_TIMERSLACK, 1);
    setvbuf(stdin, NULL, _IONBF, 0);
    near = new_namespace("198.18.0.1", &directions[0].from);
    far = new_namespace("198.18.0.2", &directions[1].from);
    directions[0].to = directions[1].from;
    directions[1].to = directions[0].from;
    for (unused_count = 0; unused_count < SLOTS; unused_count++)
        unused[unused_count] = unused_count;
    setpriority(PRIO_PROCESS, 0, -10); /* a late wire would be a longer one */
    printf("near %d far %d\n", near, far);
    fflush(stdout);

    for (;;) {
        int work = 0;
        for (int i = 0; i < 2; i++) {
            work += write_due(&directions[i], now());
            work += read_some(&directions[i]);
        }
        if (!work)
            wait_for_something();
    }
}
