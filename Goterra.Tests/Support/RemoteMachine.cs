using System.Diagnostics;
using System.Security.Cryptography;

namespace Goterra.Tests.Support;

/// <summary>
/// A machine with a cable to this one, which can be cut: a network namespace of its own. Needs root, and `ip`.
/// </summary>
public sealed class RemoteMachine : IAsyncDisposable
{
    private readonly string _name = "gt" + RandomNumberGenerator.GetHexString(8, lowercase: true);
    private readonly List<Process> _programs = [];

    // A network of four addresses among those that RFC 2544 sets aside for tests.
    private readonly (
        int Third, int Fourth) _network = (RandomNumberGenerator.GetInt32(256), 4 * RandomNumberGenerator.GetInt32(64));

    private RemoteMachine()
    {
    }

    /// <summary>This machine, as the other one sees it.</summary>
    public string Host => Address(1);

    public static async Task<RemoteMachine> StartAsync()
    {
        var machine = new RemoteMachine();
        var (here, there) = (machine._name + "h", machine._name + "r");
        await IpAsync("netns", "add", machine._name);
        await IpAsync("link", "add", here, "type", "veth", "peer", "name", there, "netns", machine._name);
        await IpAsync("addr", "add", machine.Host + "/30", "dev", here);
        await IpAsync("-n", machine._name, "addr", "add", machine.Address(2) + "/30", "dev", there);
        await IpAsync("link", "set", here, "up");
        await IpAsync("-n", machine._name, "link", "set", there, "up");
        return machine;
    }

    /// <summary>Starts a program there.</summary>
    public void Run(string program, params string[] args) => _programs.Add(Process.Start(
        new ProcessStartInfo(
            "ip", ["netns", "exec", _name, program, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        })!);

    /// <summary>From now on nothing comes through, and nobody is told.</summary>
    public Task CutAsync() => IpAsync("-n", _name, "link", "set", _name + "r", "down");

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs)
        {
            program.Kill();
            await program.WaitForExitAsync();
            program.Dispose();
        }

        await IpAsync("link", "del", _name + "h");
        await IpAsync("netns", "del", _name);
    }

    private string Address(int host) => $"198.18.{_network.Third}.{_network.Fourth + host}";

    private static async Task IpAsync(params string[] args)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", args) { RedirectStandardError = true })!;
        var errors = await ip.StandardError.ReadToEndAsync();
        await ip.WaitForExitAsync();
        Assert.True(ip.ExitCode == 0, $"ip {string.Join(' ', args)}: {errors}");
    }
}
