using Goterra.Core.Access;
using Goterra.Infrastructure.Users;
using Microsoft.Extensions.DependencyInjection;
using Polly;

namespace Goterra.Infrastructure;

/// <summary>Registers the user directory.</summary>
public static class UserServiceCollectionExtensions
{
    /// <summary>Adds the user directory. Requires <c>AccessOptions</c> and <c>TimeProvider</c>.</summary>
    public static IServiceCollection AddGoterraUsers(this IServiceCollection services, UserOptions options)
    {
        services.AddSingleton(options).AddSingleton<IUserDirectory, UserDirectory>().AddHttpClient();
        if (options.Auth is { } auth)
        {
            // One client per service, and so one circuit breaker each: API keys are looked up even while the deploy
            // service is down.
            AddClient(services, AuthServiceClient.AuthName, auth.AttemptTimeout);
            AddClient(services, AuthServiceClient.DeployName, auth.AttemptTimeout);
        }

        return services;
    }

    private static void AddClient(IServiceCollection services, string name, TimeSpan patience)
    {
        var client = services.AddHttpClient(name)

            // The logs of the library contain addresses and, at trace level, headers.
            .RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                MaxResponseHeadersLength = 64,
            });
        client.AddStandardResilienceHandler(resilience =>
        {
            resilience.AttemptTimeout.Timeout = patience;
            resilience.Retry.MaxRetryAttempts = 1;
            resilience.Retry.Delay = TimeSpan.FromMilliseconds(200);
            resilience.Retry.BackoffType = DelayBackoffType.Constant;
            resilience.TotalRequestTimeout.Timeout = 2.2 * patience;
            resilience.CircuitBreaker.SamplingDuration = 4 * patience;
            resilience.CircuitBreaker.MinimumThroughput = 10;
            resilience.CircuitBreaker.BreakDuration = patience;
        });
        client.AddHttpMessageHandler(() => new BufferingHandler());
    }
}
