namespace Goterra.Api.Swagger;

internal static class SwaggerSetup
{
    public static void AddGoterraSwagger(this IServiceCollection services) => services.AddSwaggerGen();

    public static void UseGoterraSwagger(this WebApplication app)
    {
        app.UseSwagger();
        app.UseSwaggerUI();
    }
}
