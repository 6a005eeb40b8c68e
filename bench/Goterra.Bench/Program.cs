using System.Globalization;
using Goterra.Bench;
using Goterra.Bench.Faults;
using Goterra.Bench.Measurements;
using Goterra.Bench.Report;
using Goterra.Bench.Servers;
using Goterra.Bench.Soak;

if (args is [EmptyEndpoint.Mode, var port, .. var pem])
{
    await EmptyEndpoint.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), pem);
    return 0;
}

if (args is [SoakCommand.Name, .. var soak])
    return await SoakCommand.RunAsync(soak, BenchOptions.BuiltStore);

if (args is [FaultsCommand.Name, .. var faults])
    return await FaultsCommand.RunAsync(faults, BenchOptions.BuiltStore);

if (BenchOptions.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(BenchOptions.HelpText);
    return 2;
}

var load = Machine.Load;

// Before the yardsticks are started: the embedded store has the machine to itself.
var embedded = await EmbeddedStore.RunAsync(options);
using var yard = await Yard.OpenAsync(options);
var results = new Results(
    options.Runs("throughput") ? Throughput.Run(yard.Targets, options) : [],
    options.Runs("wake") ? await WakeUp.RunAsync(yard.Targets.OfType<IWakeable>(), options) : [],
    options.Runs("held") ? await HeldWaits.RunAsync(yard, options) : [],
    options.Runs("fanout") ? await FanOut.RunAsync(yard, options) : [],
    options.Runs("boot") ? await BootStorm.RunAsync(yard, options) : [],
    options.Runs("idle-instance") ? await IdleInstance.RunAsync(yard, options) : null,
    embedded);

var date = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().Date);
var report = new MarkdownReport(results, options).Write(date, load, yard.Missing);
Console.WriteLine(report);
if (options.OutputFor(date) is { } file)
    await File.WriteAllTextAsync(file, report);
return 0;
