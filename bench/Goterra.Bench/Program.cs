using System.Globalization;
using Goterra.Bench;
using Goterra.Bench.Measurements;
using Goterra.Bench.Servers;

if (args is [EmptyEndpoint.Mode, var port])
{
    await EmptyEndpoint.RunAsync(int.Parse(port, CultureInfo.InvariantCulture));
    return 0;
}

if (BenchOptions.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(BenchOptions.HelpText);
    return 2;
}

using var yard = await Yard.OpenAsync(options);
if (options.Runs("throughput"))
    Throughput.Run(yard.Targets, options);
return 0;
